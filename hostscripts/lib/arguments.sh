# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# How every command takes its command line apart: options before, between and
# behind the operands, their values behind a blank or a "=". A command names those
# that have a value in $options_valued, and defines
#
#   options_operand WORD, options_flag OPTION, options_value OPTION VALUE
#
# and options_rest, where what stands behind "--" are no operands. What all
# commands know is here: arguments_flag, arguments_value.
# shellcheck disable=SC2034,SC2154  # options are read, $program_name is set, by the commands

usage_fault() {
	fault usage "$1" "See $program_name --help"
}

arguments_parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--)
			shift
			options_rest "$@"
			break
			;;
		-?*)
			if ! arguments_has_value "${1%%=*}"; then
				options_flag "$1"
			elif [ "$1" != "${1#*=}" ]; then
				options_value "${1%%=*}" "${1#*=}"
			else
				[ $# -ge 2 ] || usage_fault "$1 needs a value"
				options_value "$1" "$2"
				shift
			fi
			;;
		*) options_operand "$1" ;;
		esac
		shift
	done
}

arguments_has_value() {
	case " $options_valued " in
	*" $1 "*) return 0 ;;
	*) return 1 ;;
	esac
}

options_rest() {
	for word; do options_operand "$word"; done
}

# Faults of the command line shall be JSON too, wherever --json stands.
arguments_find_json() {
	for word; do
		case $word in
		--) break ;;
		--json) opt_json=yes ;;
		esac
	done
}

# arguments_flag OPTION
arguments_flag() {
	case $1 in
	--allow-backing) opt_allow_backing=yes ;;
	-q | --quiet) opt_quiet=yes ;;
	-v | --verbose) opt_verbose=yes ;;
	-h | --help) usage && exit 0 ;;
	-V | --version) printf '%s %s\n' "$program_name" "$grow_disk_version" && exit 0 ;;
	*) usage_fault "There is no option $1" ;;
	esac
}

# arguments_value OPTION VALUE
arguments_value() {
	case $1=$2 in
	--accel=auto | --accel=kvm | --accel=hvf | --accel=tcg) opt_accel=$2 ;;
	--format=raw | --format=qcow2) opt_format=$2 ;;
	--rtc=*) arguments_rtc "$2" ;;
	*) usage_fault "$1 cannot be '$2'" ;;
	esac
}

# arguments_rtc VALUE: a moment in UTC, on a day that there is, since 1970.
arguments_rtc() {
	case ${1%Z} in
	*-02-30T* | *-02-31T* | *-0[469]-31T* | *-11-31T*) ;;
	[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9])
		rtc_year=${1%%-*} rtc_day=${1#*-}
		rtc_day=${rtc_day%%T*}
		case $rtc_year:$rtc_day:${1#*T} in
		*:00-* | *:1[3-9]-* | *-00:* | *-3[2-9]:* | *:2[4-9]:??:*) ;;
		*:02-29:*) [ $((rtc_year % 4)) -ne 0 ] || { [ $((rtc_year % 100)) -eq 0 ] && [ $((rtc_year % 400)) -ne 0 ]; } || opt_rtc=$1 ;;
		*) opt_rtc=$1 ;;
		esac
		[ "$rtc_year" -ge 1970 ] || opt_rtc=''
		;;
	esac
	[ -n "$1" ] && [ "$opt_rtc" = "$1" ] || usage_fault "--rtc cannot be '$1': write it as 2038-01-19T03:14:00Z"
}
