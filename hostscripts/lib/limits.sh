# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# How large the disk can become, as far as the host knows; the guest tells of
# its own limits (partition table, file system) in its events. All are in the
# result, whether or not one of them refuses what was asked.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

limits_collect() {
	limits=''
	case $image_format in
	qcow2) limits_qcow2 ;;
	*) limits_file ;;
	esac
	limits_space
}

# limits_add REASON BYTES
limits_add() {
	limits="${limits:+$limits
}$1 $2"
}

# The first-level table of qcow2 may have 32 MiB: small clusters end early.
limits_qcow2() {
	limit_image=$((4194304 * (qcow2_cluster / qcow2_entry) * qcow2_cluster))
	[ "$limit_image" -gt 0 ] || limit_image=$size_max
	limits_add image-limit "$limit_image"
	limit_message="A qcow2 image with clusters of $qcow2_cluster bytes ends at $(size_human "$limit_image")"
	limit_hint="Convert it to larger clusters: qemu-img convert -O qcow2 -o cluster_size=64k OLD NEW"
}

# A raw image will be one file of the new size. How long a file can be here is
# tried, up to the end of any MBR disk; where that fails, to the sector.
limits_file() {
	limit_image=2199023255552
	[ "$size_after" -le "$limit_image" ] || limit_image=$size_after
	rm -f -- "$ticket_new" # of a run that was killed
	limits_probe=$ticket_new
	redo_new_file "$limits_probe"
	if ! redo_holds "$limits_probe" "$limit_image"; then
		limits_search $((size_before / 512)) $((limit_image / 512))
		limits_add image-limit "$limit_image"
	fi
	redo_discard "$limits_probe"
	limits_probe=''
	limit_message="The file system of $image_dir cannot hold a file of $(size_human "$size_after")"
	limit_hint="Move the image to another file system, or convert it to qcow2"
}

# limits_search SECTORS-THAT-FIT SECTORS-THAT-DO-NOT
limits_search() {
	set -- "$1" "$2" "$1"
	while [ $(($2 - $1)) -gt 1 ]; do
		set -- "$1" "$2" $((($1 + $2) / 2))
		if redo_holds "$limits_probe" $(($3 * 512)); then set -- "$3" "$2" "$3"; else set -- "$1" "$3" "$3"; fi
	done
	limit_image=$(($1 * 512))
}

# What is written is small: group descriptors and bitmaps, twice (log, image).
limits_space() {
	for space_folder in "$image_dir" "$opt_work_dir"; do
		[ -n "$space_folder" ] && space_free "$space_folder" && [ "$space_free" -gt 65536 ] || continue
		[ $((space_free / 4194304)) -lt $(((size_max - size_before) / 4294967296 / 1024)) ] || continue
		limits_add no-space $((size_before + (space_free - 65536) * 4194304))
	done
}

# Refuse what is beyond the limits that are the host's.
limits_check() {
	[ "$size_after" -le "$limit_image" ] || fault image-limit "$limit_message" "$limit_hint"
	# No MBR disk can use more than 2 TiB: that is the guest's to say.
	space_size=$size_after
	[ "$space_size" -le 2199023255552 ] || space_size=2199023255552
	[ "$space_size" -ge "$size_before" ] || space_size=$size_before
	space_kib=$((65536 + (space_size - size_before) / 4194304))
	space_need "$space_kib" "$image_dir" "$image_dir"
	[ -z "$opt_work_dir" ] || space_need "$space_kib" "$opt_work_dir" "$opt_work_dir"
}

# What the log holds comes into the image while the log is still there. Whether
# there is room is to be known before the ticket: from then on the image is bound.
space_check_commit() {
	allocated_kib "$log_file"
	space_need $((kib + 1024)) "$image_dir" "$image_dir"
}

# space_free FOLDER: the room there in KiB, if that can be told: the number in
# front of the percentage.
space_free() {
	# shellcheck disable=SC2046  # words
	set -- 0 $(df -Pk -- "$1" 2>/dev/null)
	while [ $# -gt 1 ]; do
		case $1:$2 in
		*[!0-9:%]* | *%*:* | *:*:* | *%?* | :* | *:%) ;;
		*%)
			space_free=$1
			return 0
			;;
		esac
		shift
	done
	return 1
}

# space_need KIB FOLDER NAME
space_need() {
	space_free "$2" || return 0
	[ "$space_free" -ge "${1:-0}" ] ||
		fault no-space "$3 has $((space_free / 1024)) MiB free, and about $(($1 / 1024)) MiB are needed" \
			"Make room there, or use another place (the image's folder, TMPDIR, --work-dir)"
}
