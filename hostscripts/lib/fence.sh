# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The fence: before a log is verified, the host itself compares it with the
# image. Only the target's size in the partition table and the target's new
# extent may differ; what the guest says is not asked. The cost is in proportion
# to the log, because what the log does not hold is the image's by definition.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

fence_ranges_max=1024 # an honest guest writes one range outside: the table
fence_piece=1048576   # bytes that are compared at a time
fence_noting=no       # what cannot be read is no fault yet

fence_breach() {
	fault fence-breach "The virtual machine changed what it must not touch: $1. Nothing of it has been kept, the image is what it was" \
		"This is a fault of grow-disk, or an attack by the content of the image: please report it"
}

# What the image has, to be compared later: read while the machine works. Nothing
# of it is judged, and what cannot be read is read again: the guest speaks first.
fence_note_image() {
	[ "$size_before" -ge 512 ] && fence_sector image || return 0
	entries_before=$entries
	fence_choose && [ $(((target_start + 4) * 512)) -le "$size_before" ] || return 0
	marks_take image && marks_image=$marks
}

# fence: sets fence_compared, fence_differing, the target's numbers, and the marks
# of the log.
fence() {
	redo_check || fence_breach "the log itself ($wrong)"
	[ "$qcow2_virtual" -eq "$size_after" ] || fence_breach "the size of the disk, which is $qcow2_virtual bytes now"
	fence_compared=0 fence_differing=0
	[ -n "$marks_image" ] || fence_note_image
	[ -n "$marks_image" ] || fence_breach "there is no partition with a file system in the table of the image"
	fence_sector log
	entries_after=$entries
	marks_take log
	marks_log=$marks
	fence_target
	fence_table
	fence_outside
}

# fence_sector image|log: the first one, into the work folder; and in $entries
# the bytes of the table's four entries, as numbers.
fence_sector() {
	piece_at=0 piece_length=512
	fence_read "$1" "$work/sector-$1" || return 1
	entries=$(od -An -v -tu1 -j 446 -N 64 -- "$work/sector-$1")
}

# fence_entry ENTRIES NUMBER: sets entry_start and entry_sectors.
fence_entry() {
	entry_skip=$((16 * ($2 - 1) + 8))
	# shellcheck disable=SC2086  # 64 numbers, to be split
	set -- $1
	shift "$entry_skip"
	entry_start=$(($1 + $2 * 256 + $3 * 65536 + $4 * 16777216))
	entry_sectors=$(($5 + $6 * 256 + $7 * 65536 + $8 * 16777216))
}

# The partition that should have grown, by the image's own table: the one asked
# for, else the last by start.
fence_choose() {
	target=${opt_partition:-0}
	if [ "$target" -eq 0 ]; then
		last_start=0
		for number in 1 2 3 4; do
			fence_entry "$entries_before" "$number"
			[ "$entry_sectors" -ne 0 ] && [ "$entry_start" -gt "$last_start" ] || continue
			target=$number last_start=$entry_start
		done
	fi
	[ "$target" -ge 1 ] && [ "$target" -le 4 ] || return 1
	fence_entry "$entries_before" "$target"
	target_start=$entry_start target_sectors_before=$entry_sectors
}

fence_target() {
	fence_entry "$entries_after" "$target"
	target_sectors=$entry_sectors
	[ "$target_start" -ge 1 ] && [ "$target_sectors" -ge "$target_sectors_before" ] &&
		[ $(((target_start + target_sectors) * 512)) -le "$size_after" ] ||
		fence_breach "partition $target now has $target_sectors sectors, where $target_sectors_before were before"
	for number in 1 2 3 4; do
		fence_entry "$entries_before" "$number"
		[ "$entry_sectors" -eq 0 ] || [ "$entry_start" -le "$target_start" ] ||
			[ $((target_start + target_sectors)) -le "$entry_start" ] ||
			fence_breach "partition $target now reaches into partition $number"
	done
}

# The sector of the table, byte by byte: in the target's entry the two CHS
# addresses (1 to 3, 5 to 7) and the number of sectors (12 to 15) are its size.
fence_table() {
	entry=$((446 + 16 * (target - 1)))
	differs=$(cmp -l "$work/sector-image" "$work/sector-log" 2>/dev/null)
	[ $? -le 1 ] || fault internal "The first sectors cannot be compared" "Please report it"
	while read -r position _; do
		[ -n "$position" ] || break
		case $((position - 1 - entry)) in
		[123567] | 1[2345]) ;;
		*)
			fence_differing=$((fence_differing + 1))
			fence_first=${fence_first:-$((position - 1))}
			;;
		esac
	done <<-END
		$differs
	END
	[ "$fence_differing" -eq 0 ] || fence_breach "$fence_differing bytes of the first sector, the first at $fence_first"
	fence_compared=502
}

# What the log holds outside sector 0 and the target: lines of "image" or
# "zero" (behind the old end), offset and length.
fence_list() {
	window=$(redo_options "")
	run_long qemu-img map --output=json --image-opts "${window%.}" || {
		complaint
		complaint_reason internal
		fault "$reason" "The log cannot be read back: $complaint" "Look at the disk behind it; if that is well, please report it"
	}
	keep ranges jq -r --argjson first "$((target_start * 512))" --argjson last "$(((target_start + target_sectors) * 512))" \
		--argjson old "$size_before" --argjson size "$size_after" -f "$lib/fence.jq" "$work/stdout" ||
		fault internal "The map of the log cannot be read" "Please report it"
}

fence_outside() {
	fence_list
	[ "$(tail -n 1 "$work/ranges")" = 'end 0 0' ] ||
		fault no-space "What the log holds cannot be noted" "Make room in ${TMPDIR:-/tmp}"
	fence_count=$(($(wc -l <"$work/ranges") - 1))
	[ "$fence_count" -le "$fence_ranges_max" ] || fence_breach "it wrote to $((fence_count)) places outside of partition $target"
	while read -r against offset length && [ "$against" != end ]; do
		fence_range "$against" "$offset" "$length"
		fence_compared=$((fence_compared + length))
	done <"$work/ranges"
}

# fence_range AGAINST OFFSET LENGTH: byte for byte, in pieces. What QEMU says of
# the allocation of a range is not asked: of a window into an image with a
# backing file it is wrong.
fence_range() {
	piece_at=$2
	while [ "$piece_at" -lt $(($2 + $3)) ]; do
		piece_length=$(($2 + $3 - piece_at))
		[ "$piece_length" -le "$fence_piece" ] || piece_length=$fence_piece
		fence_read log "$work/piece-after"
		case $1 in
		image) fence_read image "$work/piece-before" ;;
		*) keep piece-before head -c "$piece_length" /dev/zero || fault internal "Zeroes cannot be written" "Please report it" ;;
		esac
		differs=$(cmp "$work/piece-before" "$work/piece-after" 2>&1) || fence_differs
		piece_at=$((piece_at + piece_length))
	done
}

# fence_window image|log: the piece as an image of its own (qemu-img dd has a
# skip and a count, whose meaning depends on its version).
fence_window() {
	printf 'driver=raw,offset=%s,size=%s,' "$piece_at" "$piece_length"
	[ "$1" = image ] || {
		redo_options file.
		return
	}
	printf 'file.driver=%s,file.file.driver=file,file.file.filename=' "$image_format"
	option_value "$image_at"
	printf .
}

# fence_read image|log FILE: the piece, which has to be there in full.
fence_read() {
	block=65536
	while [ $((piece_at % block)) -ne 0 ] || [ $((piece_length % block)) -ne 0 ]; do block=$((block / 2)); done
	window=$(fence_window "$1")
	run_long qemu-img dd --image-opts -O raw "bs=$block" "if=${window%.}" "of=$2" &&
		[ "$(file_bytes "$2")" -eq "$piece_length" ] && return 0
	[ "$fence_noting" = no ] || return 1
	complaint
	complaint_reason no-space
	fault "$reason" "The $1 cannot be read: ${complaint:-not all of it}" "Make room in ${TMPDIR:-/tmp}; look at the disk behind the image"
}

fence_differs() {
	fence_differing=1
	differs_in=$(printf '%s\n' "$differs" | sed -n 's/.*byte \([0-9]*\),.*/\1/p')
	fence_breach "bytes outside of partition $target, the first at $((piece_at + ${differs_in:-1} - 1))"
}
