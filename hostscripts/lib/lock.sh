# shellcheck shell=sh
# Who else has the image: another grow-disk, or a virtual machine.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

# One grow-disk for an image. The lock is on the image itself, by file
# descriptor 9, which every program we start inherits: as long as one of them
# lives, the lock does.
lock_take() {
	command -v flock >/dev/null || return 0
	# In a subshell first: an exec that fails would end the script.
	(exec 9<>"$image") 2>/dev/null || fault image-not-writable "$image cannot be opened for writing" "Look at its permissions"
	exec 9<>"$image"
	flock -n 9 || fault image-locked "$image is being worked on by another program$(lock_holder)" "Try again when that has ended"
}

# QEMU's own locks. Opening the file for repair as a raw image asks for them
# all, and raw images have no repair: nothing is written, and 63 is the answer.
lock_check_qemu() {
	LC_ALL=C run qemu-img check -q -f raw -r leaks -- "$image"
	[ $? -ne 63 ] || return 0
	complaint
	case $(cat -- "$work/stderr") in
	*'Failed to get '*' lock'*) fault image-locked "$image is in use by another program$(lock_holder)" "Shut down the virtual machine that has it, and try again" ;;
	*) fault image-unreadable "QEMU cannot open $image: $complaint" "Look at its permissions" ;;
	esac
}

# The first other process that has the image open, where that can be seen.
# Only for a subshell: it lets go of the lock's descriptor, not to find itself.
lock_holder() {
	exec 9>&-
	set +f
	for holder in /proc/[1-9]*; do
		[ "$holder" != "/proc/$$" ] || continue
		[ -n "$(find -L "$holder/fd" -maxdepth 1 -samefile "$image" 2>/dev/null)" ] || continue
		read -r holder_name <"$holder/comm" && printf ' (%s, process %s)' "$holder_name" "${holder#/proc/}"
		break
	done
	set -f
}
