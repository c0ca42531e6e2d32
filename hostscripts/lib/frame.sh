# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What every command has around its work: the facts of a run, what it needs, and
# that it leaves nothing behind. The command itself sets $program_name, and defines
# cleanup_own for what is its own.
# shellcheck disable=SC2034,SC2154  # facts are read by the other parts, options are set by the command's own

grow_disk_version=0.1.0

# The facts of a run, unknown at first.
image='' image_at='' image_format='' size_before='' size_after='' changed=false
recovered=no discarded=no ticket_state=none pending='' pending_before='' pending_after=''
fault_reason='' fault_status=0 fault_message='' fault_hint=''
fence_compared='' fence_differing='' fence_first=''
redo_key='' limits='' failed_base='' finished=no ms_fence='' ms_commit='' work='' log='' log_file='' caught='' phase=host child='' keeper='' watcher='' ahead='' beside='' beside_result='' limits_probe=''

# Whoever reads our words may go away, or was never there: that is no reason to
# stop half way, and no file of ours may become standard output.
frame_streams() {
	trap '' PIPE
	(: 3<&0) 2>/dev/null || exec </dev/null
	(: 3>&1) 2>/dev/null || exec >/dev/null
	(: >&2) || exec 2>/dev/null
}

# Whatever happens: no file left but a complete log, no process.
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
	ended=$?
	trap '' HUP INT QUIT TERM
	[ -z "$child" ] || { kill -KILL "$child" 2>/dev/null && wait "$child"; }
	[ -z "$keeper" ] || kill -USR1 "$keeper" 2>/dev/null
	child='' keeper=''
	vm_forget
	cleanup_own
	[ "$ended" -eq 0 ] || [ "$finished" = yes ] || [ -n "$fault_reason" ] || fault_internal
	[ -z "$work" ] || rm -rf -- "$work"
}

# The shell itself ended this script: that is a fault of ours, whatever status
# it chose.
fault_internal() {
	trap - EXIT
	(fault internal "The script ended with status $ended where it should not" "Please report it, with what the shell said")
	ended=$?
	[ -z "$work" ] || rm -rf -- "$work"
	exit "$ended"
}

# PROGRAM REASON PACKAGE
need() {
	command -v "$1" >/dev/null || fault "$2" "The program $1 is not there" "On Debian: apt-get install $3"
}

# A folder of our own, which goes in the end.
make_work() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/$program_name.XXXXXX") ||
		fault folder-not-writable "No temporary folder can be made in ${TMPDIR:-/tmp}" "Set TMPDIR to a folder that can be written"
	case $work in
	/*) ;;
	*) work=$PWD/$work ;;
	esac
}

# What a command needs that works in a log.
prepare() {
	need jq missing-program jq
	need qemu-img missing-program qemu-utils
	[ "$opt_verb" = recover ] || [ "$opt_verb" = discard ] || need qemu-system-x86_64 no-qemu qemu-system-x86
	need sha256sum missing-program coreutils
	command -v flock >/dev/null || [ "$(uname -s)" != Linux ] || need flock missing-program util-linux
	make_work
	space_need 8192 "$work" "${TMPDIR:-/tmp}"
}
