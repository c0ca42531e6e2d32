# shellcheck shell=sh
# Messages, faults, and the one way in which external commands are run.
# shellcheck disable=SC2034,SC2154  # options and facts are set by grow-disk

# Text as a terminal may have it: no control characters. File names and the
# words of other programs can hold anything.
safe() {
	case $1 in
	*[![:print:]]*) printf '%s' "$1" | LC_ALL=C tr '\001-\037\177' '?' | LC_ALL=C sed 's/'"$(printf '\302')"'['"$(printf '\200-\237')"']/?/g' ;;
	*) printf '%s' "$1" ;;
	esac
}

say() {
	[ "$opt_quiet" = yes ] || printf 'grow-disk: %s\n' "$(safe "$1")" >&2
}

detail() {
	[ "$opt_verbose" = no ] || printf 'grow-disk: %s\n' "$(safe "$1")" >&2
}

# is_utf8 TEXT: only that can be told in JSON.
is_utf8() {
	case $1 in
	*[!\ -~]*) [ "$(jq -jn --arg text "$1." '$text')" = "$1." ] ;;
	esac
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
	(run_limit "$1" && exec "$@") 2>"$work/stderr"
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

# fault REASON MESSAGE [HINT]: say it, and leave with the reason's status.
fault() {
	trap '' HUP INT TERM # from here on there is nothing to interrupt
	fault_reason=$1 fault_message=${2%.} fault_hint=${3-}
	fault_hint=${fault_hint%.}
	status_of_reason "$1"
	fault_status=$status
	stage_end
	printf 'grow-disk: %s\n' "$(safe "$fault_message.${fault_hint:+ $fault_hint.} [$fault_reason]")" >&2
	[ "$opt_json" = no ] || result_print
	exit "$fault_status"
}
