# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The shell or the command in the virtual machine, and what becomes of its log.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by rescue-disk

vm_died_hint="Run it again with --verbose, and report what it says"

# The folder for the guest. One that may be written to must not hold the image,
# nor our own files: the guest would change below QEMU what QEMU reads.
share_check() {
	[ -n "$opt_share" ] || return 0
	case $opt_share in
	/*) ;;
	*) opt_share=./$opt_share ;;
	esac
	share_at=$(CDPATH='' cd -- "$opt_share" 2>/dev/null && pwd -P && printf .) || usage_fault "There is no folder $opt_share to be shared"
	share_at=${share_at%??}
	share_at=${share_at:-/}
	[ "$opt_share_rw" = yes ] || return 0
	[ -w "$share_at" ] || fault folder-not-writable "$share_at may not be written by $(id -un 2>/dev/null)" "Share it without --share-rw"
	for share_inside in "$image_at" "$(readlink -f -- "$work")/"; do
		case $share_inside in
		"${share_at%/}"/*) usage_fault "--share-rw cannot share $share_at, in which $share_inside is" ;;
		esac
	done
}

# What it may write: every byte of the disk once. It is the user who writes.
vm_log_max() {
	echo $((268435456 + size_before + size_before / 16))
}

# It has our standard streams.
vm_program() {
	exec "$rescue_vm" "$@" <&3
}

# vm_run adds the rest. On a terminal the shell has it for itself: no progress.
rescue_run() {
	set -- --shell
	if [ -n "$command" ]; then
		set -- "$@" --command "$command"
	else
		set -- "$@" --terminal
		terminal_save
		say "a shell in a virtual machine; the disk is /dev/sda. \"exit\" ends it, Ctrl-] three times breaks it off"
		[ "$opt_write" = yes ] || say "what is changed is thrown away at the end (--write keeps it)"
	fi
	[ -z "$share_at" ] || set -- "$@" --share "$share_at"
	[ "$opt_share_rw" = no ] || set -- "$@" --share-rw
	[ -z "$opt_append" ] || set -- "$@" --append "$opt_append"
	[ -z "$failed_base" ] || set -- "$@" --read "$failed_base"
	vm_memory_mib=$opt_memory vm_warm=$opt_warm vm_progress=none
	vm_run "$log" "$@"
	terminal_back
	vm_verdict
	[ "$child_status" -eq 0 ] || lock_check_said "$verdict_message"
	exit_status=$(jq -Rrn '[inputs | fromjson? | select(.event == "exit") | .exit_status] | last // 0' "$work/events" 2>/dev/null)
}

# What was done: thrown away, or asked about, or kept.
rescue_keep() {
	if [ "$opt_write" = no ]; then
		[ -n "$command" ] || exit_status=0
	elif [ -n "$command" ] && [ "$exit_status" -ne 0 ]; then
		say "the command failed (status $exit_status): what it did to the disk is thrown away"
	elif ! rescue_wrote; then
		say "nothing was written to the disk: the image is what it was"
	elif rescue_asks; then
		rescue_publish
	else
		say "thrown away: the image is what it was"
	fi
	[ -n "$command" ] || exit_status=0
}

# Does the log hold anything?
rescue_wrote() {
	redo_check || fence_breach "the log itself ($wrong)"
	[ "$qcow2_virtual" -eq "$size_after" ] || fence_breach "the size of the disk, which is $qcow2_virtual bytes now"
	rescue_window=$(redo_options "")
	run_long qemu-img map --output=json --image-opts "${rescue_window%.}" || {
		complaint
		complaint_reason internal
		fault "$reason" "The log cannot be read back: $complaint" "Look at the disk behind it; if that is well, please report it"
	}
	rescue_bytes=$(jq '[.[] | select(.depth == 0 and .present != false) | .length] | add // 0' "$work/stdout" 2>/dev/null)
	[ "${rescue_bytes:-1}" -ne 0 ]
}

rescue_asks() {
	[ "$opt_yes" = no ] || return 0
	printf 'Keep the changes? [y/N] ' >&2
	rescue_answer=
	IFS= read -r rescue_answer <&3 || printf '\n' >&2
	case $rescue_answer in
	[yY] | [yY][eE][sS]) ;;
	*) return 1 ;;
	esac
}

# The log becomes the image, in the way that grow-disk has; but without a fence:
# whoever sat at the shell may have changed everything.
rescue_publish() {
	image_check_mark
	rescue_marks
	space_check_commit
	pending_before=$size_before pending_after=$size_after
	ticket_write
	commit
	changed=true
	say "kept: the image has what was done"
}

# By what a later run will know the image: its first sector, and the superblock
# of its last partition, or of the whole disk.
rescue_marks() {
	fence_sector image
	entries_before=$entries target_start=0
	for number in 1 2 3 4; do
		fence_entry "$entries_before" "$number"
		[ "$entry_sectors" -ne 0 ] && [ "$entry_start" -gt "$target_start" ] &&
			[ $(((entry_start + 4) * 512)) -le "$size_before" ] || continue
		target_start=$entry_start
	done
	marks_take image
	marks_image=$marks
	fence_sector log
	marks_take log
	marks_log=$marks
}
