# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The check before, by a second machine beside the one that grows the log: where
# there are many files, and two processors. It reads the image itself, which
# nobody changes before both have ended well; so nothing is kept that was not
# checked before and after. Where the second machine finds anything, or does not
# end well, all is done again by one machine, one step after the other.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

beside_inodes=50000 # in use: as many as in the agent's grow.c

# May the check be left to a second machine at all? What else is asked of the first
# one is told by itself.
beside_possible() {
	[ "$opt_repair$opt_keep_failed$opt_events" = safeno ] && [ -z "$opt_keep_log" ] || return 1
	case $image_format in
	qcow2) [ "$qcow2_backing_at" -eq 0 ] && [ $((qcow2_features & 4)) -eq 0 ] || return 1 ;;
	esac
	[ "$(nproc 2>/dev/null)" -ge 2 ] 2>/dev/null
}

# Will the agent leave it? It reads the same superblock, and decides; a guess that is
# wrong costs time, and no more.
beside_guess() {
	[ "$vm_leave" = yes ] && [ -n "$marks_image" ] && [ "$size_after" -gt "$size_before" ] || return 0
	# shellcheck disable=SC2046  # numbers, to be split
	set -- $(od -An -v -tu4 -N 20 -- "$work/superblock" 2>/dev/null)
	[ $# -lt 5 ] || [ "$1" -lt $(($5 + beside_inodes)) ] || ! beside_has_room || beside_start
}

# Memory for two machines; else the second one has to wait for the first.
beside_has_room() {
	memory_available
	[ "${available_mib:-600}" -ge 600 ]
}

# By a link, as the name may be none that can be told in JSON.
beside_start() {
	ln -s -- "$image" "$work/original" 2>/dev/null || return 1
	keep beside-events true
	keep beside-summary true
	set -- --check --disk "$work/original" --format "$image_format" --guest "$guest_dir" --read "$image" --accel "$opt_accel" --progress none \
		--events "$work/beside-events" --summary "$work/beside-summary"
	[ -z "$opt_partition" ] || set -- "$@" --partition "$opt_partition"
	[ "$vm_warm" = yes ] || set -- "$@" --no-warm
	[ -z "$opt_rtc" ] || set -- "$@" --rtc "$opt_rtc"
	detail "+ $rescue_vm $*"
	vm_program "$@" 2>/dev/null &
	beside=$!
}

# Waits for it. If it did not pass, the first machine is ended.
beside_wait() {
	beside_first=${child_status:-0} child=$beside beside='' phase=vm
	child_wait
	beside_result=failed
	IFS= read -r beside_event <"$work/beside-summary" && [ "$beside_event:$child_status" = done:0 ] && beside_result=passed
	child_status=$beside_first phase=host
	[ -z "$caught" ] || fault_interrupted
	[ "$beside_result" = passed ] || [ -z "$ahead" ] || kill -TERM "$ahead" 2>/dev/null
}

# After the first machine, which has left the check, and nobody had guessed it.
beside_late() {
	beside_result=failed
	stage "checking the file system as it was"
	! beside_start || beside_wait
}

# It is not needed.
beside_forget() {
	[ -n "$beside" ] || return 0
	vm_stop "$beside"
	beside=''
}
