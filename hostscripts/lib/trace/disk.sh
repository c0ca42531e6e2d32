# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The disk of a traced boot: an overlay of the image, or of a sample.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by trace-boot

room_bytes=1073741824 # behind the old end, for the partition to grow into

disk_take() {
	if [ -z "$operand_image" ]; then
		disk_sample
	else
		image_only_read=yes
		image_find "$operand_image"
		image_check_kind
		image_check_empty
	fi
	disk_is_no_output
	image_preflight_format
	image_check_tables
	image_measure
	size_after=$((size_before + room_bytes))
}

# What is written must not be written over the image.
disk_is_no_output() {
	for output in "$opt_json_file" "$opt_svg" "$opt_chrome"; do
		# shellcheck disable=SC3013  # -ef is not POSIX, but every sh has it
		[ -z "$operand_image" ] || [ -z "$output" ] || [ ! "$output" -ef "$image_at" ] || usage_fault "$output is the image itself"
	done
}

# Two partitions with labels, like the disk of a small router.
disk_sample() {
	need sfdisk missing-program fdisk
	need mke2fs missing-program e2fsprogs
	image=$work/sample.raw image_dir=$work image_name=sample.raw image_at=$image
	run dd if=/dev/null of="$image" bs=1M seek=64 count=0 &&
		printf 'label: dos\nlabel-id: 0x5a3b1e00\nstart=2048, size=32768, type=83, bootable\nstart=34816, type=83\n' >"$work/table" &&
		keep sfdisk sfdisk -q "$image" <"$work/table" &&
		run mke2fs -q -F -t ext4 -L boot -E offset=1048576 "$image" 16m &&
		run mke2fs -q -F -t ext4 -L rootfs -E offset=17825792 "$image" 46m ||
		fault no-space "The sample disk cannot be made in $work" "Make room in ${TMPDIR:-/tmp}, or name an image"
}

# disk_overlay FILE
disk_overlay() {
	run qemu-img create -q -f qcow2 -F "$image_format" -b "$image" "$1" "$size_after"
}
