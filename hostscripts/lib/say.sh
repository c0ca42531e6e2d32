# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Messages, faults, and the one way in which external commands are run.
# shellcheck disable=SC2034,SC2154  # options and facts are set by grow-disk
# Who speaks: the command that this is part of.
program_name=${program_name:-grow-disk}

# Text as a terminal may have it: no control characters. File names and the
# words of other programs can hold anything.
safe() {
	case $1 in
	*[![:print:]]*) printf '%s' "$1" | LC_ALL=C tr '\001-\037\177' '?' | LC_ALL=C sed 's/'"$(printf '\302')"'['"$(printf '\200-\237')"']/?/g' ;;
	*) printf '%s' "$1" ;;
	esac
}

say() {
	[ "$opt_quiet" = yes ] || printf '%s: %s\n' "$program_name" "$(safe "$1")" >&2
}

detail() {
	[ "$opt_verbose" = no ] || printf '%s: %s\n' "$program_name" "$(safe "$1")" >&2
}

# is_utf8 TEXT: only that can be told in JSON.
is_utf8() {
	case $1 in
	*[!\ -~]*) [ "$(jq -jn --arg text "$1." '$text')" = "$1." ] ;;
	esac
}

# Standard input, to standard output. A reader that has gone away is no fault.
speak() {
	{ complaint=$({ LC_ALL=C cat >&4; } 2>&1) && return 0; } 4>&1
	case $complaint in
	*'Broken pipe'*) return 0 ;;
	esac
	fault no-space "Standard output cannot be written: ${complaint##*: }" "Make room, or look at what reads it"
}

# What is going on now, like the stages that rescue-vm tells: a line each, or on
# a terminal one line for all, which goes in the end.
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

# Milliseconds of a clock that never jumps, where there is one.
now_ms() {
	if [ -r /proc/uptime ]; then
		read -r uptime_s _ </proc/uptime
		uptime_cs=${uptime_s#*.}
		now=$((${uptime_s%.*} * 1000 + ${uptime_cs#0} * 10))
	else
		now=$(($(date +%s) * 1000))
	fi
}

# Run a program: shown with --verbose, its own complaints kept for the fault.
# Its status is the caller's to judge.
run() {
	[ "$opt_verbose" = no ] || detail "+ $*"
	(complaints_to_file && run_limit "$1" && exec "$@")
}

# Standard error into $work/stderr; if that cannot be opened, the shell ends
# with a status, and without words.
complaints_to_file() {
	exec 2>/dev/null
	exec 2>"$work/stderr"
}

# keep NAME PROGRAM [ARGUMENT]...: its output in $work/NAME; its complaints, and
# those of the shell about the file, are the caller's to tell, by the status.
keep() {
	keep_file=$work/$1
	shift
	{ "$@" >"$keep_file"; } 2>/dev/null
}

# An image that asks qemu-img for absurd tables gets a complaint of qemu-img,
# not the memory and the time of this machine.
run_limit() {
	[ "$1" = qemu-img ] || return 0
	run_limit_memory
	# shellcheck disable=SC3045  # likewise; dash takes one limit at a time
	ulimit -S -t 900 2>/dev/null || :
}

run_limit_memory() {
	# shellcheck disable=SC3045  # not POSIX; where it does not work there is no limit
	ulimit -S -v 4194304 2>/dev/null || :
}

# What the last program complained of: one line, without its name in front.
complaint() {
	complaint=
	[ -s "$work/stderr" ] || return 0
	IFS= read -r complaint <"$work/stderr" || :
	complaint=${complaint#*: }
	complaint=${complaint%.}
}

status_of_reason() {
	while read -r word status _; do
		[ "$word" = "$1" ] && return 0
	done <"$lib/reasons"
	status=70
}

# complaint_reason REASON: whatever it is called otherwise, it is the disk where
# a program complains of EIO, which QEMU names so in every language.
complaint_reason() {
	reason=$1
	case $complaint in
	*'Input/output error'* | *'I/O error'*) reason='disk-io' ;;
	esac
}

# What is told of a temporary folder that is full would be wrong: whatever came
# of it, that is the cause.
work_writable() {
	[ -z "$work" ] || { printf probe >"$work/probe"; } 2>/dev/null
}

# fault REASON MESSAGE [HINT]: say it, and leave with the reason's status.
fault() {
	trap '' HUP INT QUIT TERM # from here on there is nothing to interrupt
	[ -z "${ahead:-}" ] || vm_forget
	case $1 in
	commit-unfinished | interrupted | no-space) ;;
	*) work_writable || set -- no-space "The temporary folder $work cannot be written" "Make room in ${TMPDIR:-/tmp}, or set TMPDIR to another folder" ;;
	esac
	fault_reason=$1 fault_message=${2%.} fault_hint=${3-}
	fault_hint=${fault_hint%.}
	status_of_reason "$1"
	fault_status=$status
	stage_end
	printf '%s: %s\n' "$program_name" "$(safe "$fault_message.${fault_hint:+ $fault_hint.} [$fault_reason]")" >&2
	[ "$opt_json" = no ] || result_print
	exit "$fault_status"
}
