# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The programs that trace-boot and grow-fleet run. Those that take long run in the background, as
# a shell handles a signal at once only while it waits. In the end no process and no
# file is left.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by trace-boot

phase=host # what a signal does now: see on_signal
caught='' child='' child_status=0 keeper='' finished=no terminal_saved=''
grace_s=4 # from the first signal until the child is killed

# Ignore SIGPIPE: a closed terminal or pipe must not stop a boot. Open the standard
# descriptors that are closed, lest a file of ours become one of them.
frame_streams() {
	trap '' PIPE
	(: 3<&0) 2>/dev/null || exec </dev/null
	(: 3>&1) 2>/dev/null || exec >/dev/null
	(: >&2) || exec 2>/dev/null
}

# Make a folder of our own, which cleanup removes.
make_work() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/$program_name.XXXXXX") ||
		fault 40 folder-not-writable "No temporary directory can be created in ${TMPDIR:-/tmp}" "Set TMPDIR to a writable directory"
	case $work in
	/*) ;;
	*) work=$PWD/$work ;;
	esac
}

# shellcheck disable=SC2317  # the trap calls it
cleanup() {
	ended=$?
	trap '' HUP INT QUIT TERM
	[ -z "$child" ] || { kill -KILL "$child" 2>/dev/null && wait "$child"; }
	[ -z "$keeper" ] || kill -USR1 "$keeper" 2>/dev/null
	child='' keeper=''
	cleanup_own
	[ "$ended" -eq 0 ] || [ "$finished" = yes ] || [ -n "$fault_reason" ] || fault_internal
	[ -z "$work" ] || rm -rf -- "$work"
}

# The shell itself ended this script, with a status that means nothing to users.
fault_internal() {
	trap - EXIT
	(fault 70 internal "The script ended with status $ended where it should not" "Please report it, with what the shell said")
	ended=$?
	[ -z "$work" ] || rm -rf -- "$work"
	exit "$ended"
}

# on_signal NAME: act on the first signal only. Without a child, end at once; the
# child of a phase is told to end. The other phases look at $caught themselves.
on_signal() {
	[ -z "$caught" ] || return 0
	caught=$1
	case $phase in
	starting | finishing | many) ;;
	host) fault_interrupted ;;
	*) child_stop ;;
	esac
}

fault_interrupted() {
	fault 30 interrupted "Interrupted by SIG$caught; the image is unchanged" "Run it again"
}

child_stop() {
	kill -TERM "$child" 2>/dev/null
	child_limit
}

# Kill the child if it does not end in time. A signal to the whole process group
# ends neither this keeper nor its sleep.
child_limit() {
	(
		nap=
		trap '' HUP INT QUIT TERM
		trap '[ -z "$nap" ] || kill -KILL "$nap"; exit 0' USR1
		sleep "$grace_s" &
		nap=$!
		wait "$nap" && kill -KILL "$child"
	) >/dev/null 2>&1 &
	keeper=$!
}

# child_run PHASE FUNCTION [ARGUMENT]...: run it in the background, and wait for its
# end. The caller sets the next phase; until then signals are only noted.
child_run() {
	child_phase=$1
	shift
	phase=starting
	"$@" &
	child=$! phase=$child_phase
	child_wait
}

# Wait for the child. A trapped signal ends a wait, but not the child.
child_wait() {
	[ -z "$caught" ] || [ -n "$keeper" ] || child_stop
	while :; do
		child_status=0
		wait "$child" || child_status=$?
		[ "$child_status" -gt 128 ] && kill -0 "$child" 2>/dev/null || break
	done
	child='' phase=finishing
	[ -z "$keeper" ] || { kill -USR1 "$keeper" 2>/dev/null && wait "$keeper"; }
	keeper=''
}

# Print a command, with --verbose.
detail() {
	[ "$opt_verbose" = no ] || printf '%s: %s\n' "$program_name" "$(safe "$1")" >&2
}

# run PROGRAM [ARGUMENT]...: keep its standard error for the caller's fault.
run() {
	detail "+ $*"
	(complaints_to_file && exec "$@")
}

# Send standard error to $work/stderr. If that cannot be opened, the shell ends
# with a status, and without words.
complaints_to_file() {
	exec 2>/dev/null
	exec 2>"$work/stderr"
}

# keep NAME PROGRAM [ARGUMENT]...: keep its standard output in $work/NAME.
keep() {
	keep_file=$work/$1
	shift
	{ "$@" >"$keep_file"; } 2>/dev/null
}

# Save the user's terminal (descriptor 3), which the virtual machine has for itself
# while it runs. Fails without a terminal.
terminal_save() {
	terminal_saved=$(stty -g <&3 2>/dev/null)
}

# The virtual machine puts the terminal back itself, unless it was killed: then the
# next message needs a line of its own, too.
terminal_back() {
	[ -n "$terminal_saved" ] || return 0
	stty "$terminal_saved" <&3 2>/dev/null
	terminal_saved=''
	[ "$child_status" -le 128 ] || printf '\n' >&2
}
