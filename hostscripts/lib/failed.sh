# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# --keep-failed: the log of a grow that failed in the virtual machine stays, to be
# looked at with rescue-disk. It is no log to be committed: no ticket ever names it,
# and no run but rescue-disk on that very name opens it.
# shellcheck disable=SC2034,SC2154  # facts are set by grow-disk and rescue-disk

failed_may_stay=no

# Nothing is written over: it may be wanted still.
failed_check() {
	failed_file=$image.grow-disk.failed
	[ "$opt_keep_failed" = yes ] || return 0
	[ ! -e "$failed_file" ] && [ ! -L "$failed_file" ] ||
		usage_fault "There is $failed_file already, the log of an earlier grow: remove it first"
}

# At the end: beside the image, whose time it gets, so that it can be told later
# whether they still belong together.
failed_keep() {
	[ "$opt_keep_failed$failed_may_stay" = yesyes ] && [ -n "$fault_reason" ] && [ -n "$log" ] && [ -e "$log" ] || return 0
	{ mv -- "$log" "$failed_file" && failed_rebase && touch -r "$image" -- "$failed_file"; } 2>/dev/null || {
		rm -f -- "$failed_file"
		say "the log cannot be kept in $failed_file"
		return 0
	}
	log=''
	say "what was done until then is kept in $failed_file; look at it with rescue-disk, then remove it"
}

# A log that was not beside the image named it by its whole path.
failed_rebase() {
	[ -z "$opt_work_dir" ] || qemu-img rebase -u -f qcow2 -b "./$image_name" -F "$image_format" "$failed_file"
}

# Is it what it says: an overlay of the image beside it, which is what it was?
failed_recognise() {
	case $image_name in
	?*.grow-disk.failed) failed_base=${image%.grow-disk.failed} ;;
	*) return 0 ;;
	esac
	[ -f "$failed_base" ] || fault image-not-found "$image belongs to $failed_base, which is not there" "Move it beside its image"
	[ "$opt_write" = no ] || usage_fault "The log of a failed grow is there to be looked at: --write cannot be used with it"
	qcow2_read "$image"
	[ "$qcow2_magic" = 514649fb ] && [ "$qcow2_backing_bytes" -gt 0 ] && [ "$qcow2_backing_bytes" -le 1023 ] && [ $((qcow2_features & 4)) -eq 0 ] ||
		fault log-foreign "$image is not the log of a grow" "If it comes from somewhere else, move it away"
	hex_at "$image" "$qcow2_backing_at" "$qcow2_backing_bytes"
	[ "$hex" = "$(printf %s "./${failed_base##*/}" | od -An -v -tx1 | tr -d ' \n')" ] ||
		fault log-foreign "$image is the log of another image" "Give both the names that they had"
	[ "$(file_time "$image")" = "$(file_time "$failed_base")" ] ||
		fault log-stale "$failed_base was changed after $image was made, and the two together are no disk any more" "Remove $image"
	opt_format=qcow2
}
