# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What trace-boot, trace-diff and grow-fleet share: their command lines, messages and faults.
# Each sets $program_name, and defines usage, options_operand WORD and
# options_flag OPTION; with $options_valued also options_value OPTION VALUE.
# shellcheck disable=SC2034,SC2154  # the commands set and read these

grow_disk_version=0.1.0
options_valued='' # the options that take a value
fault_reason='' work=''

# Make text safe for a terminal: file names and the words of other programs may
# hold control characters.
safe() {
	case $1 in
	*[![:print:]]*) printf '%s' "$1" | LC_ALL=C tr '\001-\037\177' '?' | LC_ALL=C sed 's/'"$(printf '\302')"'['"$(printf '\200-\237')"']/?/g' ;;
	*) printf '%s' "$1" ;;
	esac
}

say() {
	[ "$opt_quiet" = yes ] || printf '%s: %s\n' "$program_name" "$(safe "$1")" >&2
}

# Copy standard input to standard output. Ignore a reader that has gone away.
speak() {
	{ complaint=$({ LC_ALL=C cat >&4; } 2>&1) && return 0; } 4>&1
	case $complaint in
	*'Broken pipe'*) return 0 ;;
	esac
	fault 30 no-space "Standard output cannot be written: ${complaint##*: }" "Free some space, or check the program that reads it"
}

# Show what goes on: a line each, or on a terminal one line that is rewritten, and
# that stage_end clears.
stage() {
	case $opt_quiet$opt_verbose in
	yes*) ;;
	nono) if [ -t 2 ]; then printf '%s\033[K\r' "$1" >&2; else printf '%s\n' "$1" >&2; fi ;;
	*) printf '%s\n' "$1" >&2 ;;
	esac
}

stage_end() {
	[ "$opt_quiet$opt_verbose" != nono ] || [ ! -t 2 ] || printf '\033[K' >&2
}

# A full temporary folder makes everything fail that writes there.
work_writable() {
	[ -z "$work" ] || { printf probe >"$work/probe"; } 2>/dev/null
}

# fault STATUS REASON MESSAGE [HINT]: print the sentences, and exit. The words and
# their statuses are those of docs/reason-codes.md.
fault() {
	trap '' HUP INT QUIT TERM # nothing is left to interrupt
	case $2 in
	interrupted | no-space) ;;
	*) work_writable || set -- 30 no-space "The temporary directory $work cannot be written" "Make room in ${TMPDIR:-/tmp}, or set TMPDIR to another directory" ;;
	esac
	fault_status=$1 fault_reason=$2 fault_message=${3%.} fault_hint=${4-}
	fault_hint=${fault_hint%.}
	stage_end
	printf '%s: %s\n' "$program_name" "$(safe "$fault_message.${fault_hint:+ $fault_hint.} [$fault_reason]")" >&2
	[ "$opt_json" = no ] || result_print
	exit "$fault_status"
}

usage_fault() {
	fault 2 usage "$1" "See $program_name --help"
}

# need PROGRAM PACKAGE
need() {
	command -v "$1" >/dev/null || fault 40 missing-program "The program $1 is not installed" "On Debian: apt-get install $2"
}

# Take the command line apart: options may stand before, between and behind the
# operands, and a value behind a blank or a "=".
arguments_parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--)
			shift
			for word; do options_operand "$word"; done
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

# The options that all of them have.
arguments_flag() {
	case $1 in
	-h | --help) usage && exit 0 ;;
	-V | --version) printf '%s %s\n' "$program_name" "$grow_disk_version" && exit 0 ;;
	*) usage_fault "There is no option $1" ;;
	esac
}
