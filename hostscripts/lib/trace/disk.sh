# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The disk of a traced boot: an overlay of the image, or of a sample.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by trace-boot

added=+1G # behind the old end, for the partition to grow into

# Make the overlay $work/disk; every boot gets a copy of it.
disk_take() {
	image=$operand_image
	if [ -z "$image" ]; then disk_sample; else disk_is_no_output; fi
	set -- --program "$program_name"
	[ -z "$opt_format" ] || set -- "$@" --format "$opt_format"
	[ "$opt_allow_backing" = no ] || set -- "$@" --allow-backing
	[ "$opt_verbose" = no ] || set -- "$@" --verbose
	set -- "$@" -- "$image" "$work/disk" "$added"
	detail "+ $host overlay $*"
	child_run overlay disk_make_overlay "$@"
	phase=host
	[ -z "$caught" ] || fault_interrupted
	[ ! -s "$work/stderr" ] || cat -- "$work/stderr" >&2
	case $child_status in
	0) IFS= read -r disk_max_bytes <"$work/disk-max-bytes" ;;
	2 | 10 | 20 | 30 | 40 | 70) finished=yes && exit "$child_status" ;; # it has said why
	*) fault 40 no-guest "$host cannot be run (status $child_status)" "Build it with make, or install grow-disk again" ;;
	esac
}

disk_make_overlay() {
	complaints_to_file
	exec "$host" overlay "$@" >"$work/disk-max-bytes"
}

# Refuse to write a result over the image.
disk_is_no_output() {
	for output in "$opt_json_file" "$opt_svg" "$opt_chrome"; do
		# shellcheck disable=SC3013  # -ef is not POSIX, but every sh has it
		[ -z "$output" ] || [ ! "$output" -ef "$image" ] || usage_fault "$output is the image itself"
	done
}

# Make a disk with two labelled partitions, like that of a small router.
disk_sample() {
	need sfdisk fdisk
	need mke2fs e2fsprogs
	image=$work/sample.raw
	run dd if=/dev/null of="$image" bs=1M seek=64 count=0 &&
		printf 'label: dos\nlabel-id: 0x5a3b1e00\nstart=2048, size=32768, type=83, bootable\nstart=34816, type=83\n' >"$work/table" &&
		keep sfdisk sfdisk -q "$image" <"$work/table" &&
		run mke2fs -q -F -t ext4 -L boot -E offset=1048576 "$image" 16m &&
		run mke2fs -q -F -t ext4 -L rootfs -E offset=17825792 "$image" 46m ||
		fault 30 no-space "The sample disk cannot be created in $work" "Free some space in ${TMPDIR:-/tmp}, or name an image"
}

# disk_copy FILE: the disk of one boot.
disk_copy() {
	run cp -- "$work/disk" "$1"
}
