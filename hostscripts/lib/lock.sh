# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Who else has the image: another grow-disk, or a virtual machine.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

# One grow-disk for an image, or any number of programs that only read it. The
# lock is on the image itself, by file descriptor 9, which every program we start
# inherits: as long as one of them lives, the lock does. With --wait-lock it is
# tried again until the time is over.
lock_take() {
	now_ms && lock_deadline=$((now + opt_wait_lock * 1000)) lock_told=no lock_moves=0
	until lock_try; do
		[ -n "$lock_reason" ] || ! lock_moved || continue
		now_ms
		[ "$now" -lt "$lock_deadline" ] || fault image-locked "$lock_reason" "$lock_hint$(lock_wait_hint)"
		[ "$lock_told" = yes ] || say "waiting for at most $opt_wait_lock s: $lock_reason"
		lock_told=yes
		run_long sleep 0.2 || run_long sleep 1
	done
}

# Only grow-disk has that option.
lock_wait_hint() {
	[ "$opt_verb" = rescue ] || printf ', or wait for it: --wait-lock SECONDS'
}

# Seldom more than once; for ever would mean that a lock cannot be had here.
lock_moved() {
	lock_moves=$((lock_moves + 1)) lock_reason="$image is replaced again and again" lock_hint="Try again when that has ended"
	[ "$lock_moves" -lt 100 ]
}

# Without a reason it was not locked, but is not where it was: whoever had it
# has taken it out of the way, put it back, or replaced it.
lock_try() {
	lock_reason=''
	image_locate
	image_check_kind
	command -v flock >/dev/null || {
		lock_try_qemu
		return
	}
	lock_open 2>/dev/null || {
		[ -e "$image_at" ] || return 1
		fault image-not-writable "$image cannot be opened for writing" "Look at its permissions"
	}
	if [ "$image_only_read" = yes ]; then flock -s -n 9; else flock -n 9; fi || {
		lock_reason="$image is being worked on by another program$(lock_holder)" lock_hint="Try again when that has ended"
		return 1
	}
	# shellcheck disable=SC3013  # -ef is not POSIX, but every sh has it
	[ ! -e "/proc/$$/fd/9" ] || [ "/proc/$$/fd/9" -ef "$image_at" ] || return 1
	lock_try_qemu
}

# By way of a descriptor for reading, where that can be: "<>" makes a file where
# there is none, and the image may have been renamed just now. ("command" keeps
# an exec that fails from ending the script.)
lock_open() {
	command exec 8<"$image_at" || return 1
	[ "$image_only_read" = no ] || { command exec 9<&8 8<&- && return; }
	lock_from=$image_at
	[ ! -e /proc/self/fd/8 ] || lock_from=/proc/self/fd/8
	command exec 9<>"$lock_from" || { exec 8<&- && return 1; }
	exec 8<&-
}

# QEMU's own locks. Opening the file for repair as a raw image asks for them
# all, and raw images have no repair: nothing is written, and 63 is the answer.
# Who only reads does not need them all: see lock_check_said.
lock_try_qemu() {
	[ "$image_only_read" = no ] || return 0
	LC_ALL=C run qemu-img check -q -f raw -r leaks -- "$image_at"
	[ $? -ne 63 ] || return 0
	complaint
	case $(cat -- "$work/stderr" 2>/dev/null) in
	*'Failed to get '*' lock'*) lock_reason="$image is in use by another program$(lock_holder)" lock_hint="Shut down the virtual machine that has it, and try again" ;;
	*)
		complaint_reason image-unreadable
		fault "$reason" "QEMU cannot open $image: $complaint" "Look at its permissions, and at the disk behind it"
		;;
	esac
	return 1
}

# lock_check_said MESSAGE: what QEMU says when it starts, with an overlay of an
# image that another program writes to. Other readers do no harm.
lock_check_said() {
	case $1 in
	*'Failed to get '*' lock'* | *'Is another process using the image'*) fault image-locked "$image is in use by another program$(lock_holder)" "Shut down the virtual machine that has it, and try again" ;;
	esac
}

# The first other process that has the image open, where that can be seen.
# Only for a subshell: it lets go of the lock's descriptor, not to find itself.
lock_holder() {
	exec 9>&-
	set +f
	for holder in /proc/[1-9]*; do
		[ "$holder" != "/proc/$$" ] || continue
		[ -n "$(find -L "$holder/fd" -maxdepth 1 -samefile "$image_at" 2>/dev/null)" ] || continue
		read -r holder_name <"$holder/comm" && printf ' (%s, process %s)' "$holder_name" "${holder#/proc/}"
		break
	done
	set -f
}
