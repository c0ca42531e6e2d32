# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The ticket says that a log is complete. It is a small file beside the image,
# whose name is its state; atomic renames lead from one to the next, with
# flushes of file and folder between:
#   IMAGE.grow-disk.verified    will be committed, by this run or the next; the
#                               image is what it was
#   IMAGE.grow-disk.committing  is being committed: the image must not be used
#   IMAGE.grow-disk.committed   all is in the image; only tidying is left
# It says what the image was like, so that the next run can tell whether it was
# changed in between: its length, its time of last change, and checksums of what
# no use of the disk leaves alone, the partition table and the superblock of the
# grown file system (each before and after). Its own time of last change is the
# image's after a commit that failed; while a commit runs, the image's is not
# known, and the ticket's is the epoch.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

ticket_names() {
	ticket_new=$image.grow-disk.new
	ticket='' ticket_state=none
	for state in committed committing verified; do
		[ -e "$image.grow-disk.$state" ] || [ -L "$image.grow-disk.$state" ] || continue
		ticket=$image.grow-disk.$state ticket_state=$state
		break
	done
}

# The log may be long, and a signal is not to wait for it.
log_checksum() {
	# shellcheck disable=SC2016  # the other shell expands it
	run_long sh -c 'exec sha256sum <"$1"' sh "$log_file" && read -r sum _ <"$work/stdout" || sum=''
	[ ${#sum} -eq 64 ] || fault disk-io "$log_file cannot be read for its checksum" "Look at the disk behind it"
}

# The time that means: not known.
ticket_stamp() {
	run_unstopped env TZ=UTC0 touch -t 197001010000 -- "$1"
}

# Is that its time? Some file systems (FAT) begin with 1980, and round.
ticket_unstamped() {
	case $(file_time "$ticket") in
	1970-01-01* | 1979-12-3* | 1980-01-0* | 0 | 0.* | 315[5-7]?????*) ;;
	*) return 1 ;;
	esac
}

# What a complete log has to say to a later run: numbers, checksums, and words that
# need no quoting but for the folder. The marks are those of marks_take, without the
# boot code.
ticket_text() {
	ticket_folder=null ticket_key=null
	[ -z "$opt_work_dir" ] || {
		ticket_folder=$(jq -n --arg folder "$opt_work_dir" '$folder') || return 1
		ticket_key=\"$redo_key\"
	}
	ticket_bytes=$(file_bytes "$image") && ticket_time=$(file_time "$image") || return 1
	# shellcheck disable=SC2086  # checksums, to be split
	set -- ${marks_image#* } ${marks_log#* }
	[ $# -eq 6 ] || return 1
	case $ticket_bytes$table_at$table_bytes in
	*[!0-9]*) return 1 ;;
	esac
	cat <<-END
		{
		  "schema": 1,
		  "note": "A complete log of grow-disk belongs to this image. Running grow-disk --recover on the image finishes it.",
		  "version": "$grow_disk_version",
		  "log_folder": $ticket_folder,
		  "log_key": $ticket_key,
		  "log_sha256": "$sum",
		  "format": "$image_format",
		  "size_before_bytes": $size_before,
		  "size_after_bytes": $size_after,
		  "image_bytes": $ticket_bytes,
		  "image_time": "$ticket_time",
		  "sector_sha256": ["$1", "$4"],
		  "superblock_offset_bytes": $((target_start * 512 + 1024)),
		  "superblock_sha256": ["$2", "$3", "$5", "$6"],
		  "table_offset_bytes": $table_at,
		  "table_bytes": $table_bytes,
		  "complete": true
		}
	END
}

# From the rename on the log will be committed. The time for signals is over a
# little earlier: so nothing is left half written.
ticket_write() {
	ticket_table
	log_checksum
	flush "$log_file" || flush_fault "$log_file"
	[ -z "$opt_work_dir" ] || flush "$opt_work_dir" || flush_fault "$opt_work_dir"
	image_check_mark
	phase=finishing
	redo_new_file "$ticket_new"
	(complaints_to_file && ticket_text >"$ticket_new") && ticket_stamp "$ticket_new" || {
		complaint
		complaint_reason no-space
		rm -f -- "$ticket_new"
		fault "$reason" "The ticket $ticket_new cannot be written${complaint:+: $complaint}" "Make room in $image_dir, or look at the disk behind it"
	}
	flush "$ticket_new" || {
		rm -f -- "$ticket_new"
		flush_fault "$ticket_new"
	}
	# For the last time: nobody has had it since, nobody has it now.
	[ "$(image_mark)" = "$image_seen" ] && lock_try_qemu || {
		rm -f -- "$ticket_new"
		image_check_mark
		fault image-locked "$lock_reason" "$lock_hint"
	}
	ticket_enter verified || {
		rm -f -- "$ticket_new"
		fault disk-io "The ticket cannot be renamed" "Look at $image_dir"
	}
	log=''
	flush "$image_dir" || commit_unfinished "$image_dir cannot be flushed"
}

# The first-level table of a qcow2 image, behind the log: a commit that is
# finished later begins again with the table as it was (commit_table_back).
ticket_table() {
	table_at=$((($(file_bytes "$log_file") + 511) / 512 * 512)) table_bytes=0
	[ "$image_format" = qcow2 ] || return 0
	qcow2_read "$image"
	table_bytes=$((qcow2_l1_entries * 8))
	run dd if="$image" of="$log_file" bs=512 skip=$((qcow2_l1_at / 512)) seek=$((table_at / 512)) count=$(((table_bytes + 511) / 512)) conv=notrunc &&
		[ "$(file_bytes "$log_file")" -ge $((table_at + table_bytes)) ] && return 0
	complaint
	complaint_reason no-space
	fault "$reason" "The tables of $image cannot be noted in $log_file: $complaint" "Make room in ${log_file%/*}"
}

# ticket_enter STATE: the one step between two states.
ticket_enter() {
	run_unstopped mv -f -- "${ticket:-$ticket_new}" "$image.grow-disk.$1" || return 1
	ticket=$image.grow-disk.$1 ticket_state=$1
}

# What the ticket of an earlier run says. Sets log_file, image_format, sizes.
ticket_read() {
	ticket_trusted "$ticket" || ticket_foreign "$wrong"
	ticket_facts=$(jq -r -e 'def hex: type == "string" and test("^[0-9a-f]{64}$");
		def count: type == "number" and . >= 0 and . <= 9007199254740992 and . == floor;
		select(.schema == 1 and .complete and (.format == "raw" or .format == "qcow2") and
			([.log_sha256, .sector_sha256[:2][], .superblock_sha256[:4][]] | length == 7 and all(hex)) and
			([.image_bytes, .superblock_offset_bytes, .size_before_bytes, .size_after_bytes, .table_offset_bytes, .table_bytes] | all(count)) and
			(.sector_sha256 + .superblock_sha256 | length == 6) and
			([.image_time, .log_folder // "", .log_key // ""] | all(type == "string" and (test("[[:cntrl:]]") | not))) and
			(.superblock_offset_bytes % 512 == 0) and (.log_key // "" | test("^[0-9a-f]*$"))) | .format, .log_sha256, .image_time,
		([.sector_sha256[0], .superblock_sha256[:2][]], [.sector_sha256[1], .superblock_sha256[2:][]] | join(" ")),
		.image_bytes, (.superblock_offset_bytes - 1024) / 512, .size_before_bytes, .size_after_bytes, .table_offset_bytes, .table_bytes, .log_folder // "", .log_key // ""' \
		"$ticket" 2>/dev/null) || ticket_foreign "it cannot be read"
	{
		IFS= read -r image_format
		IFS= read -r log_sum
		IFS= read -r image_time
		IFS= read -r marks_before
		IFS= read -r marks_after
		IFS= read -r image_bytes
		IFS= read -r target_start
		IFS= read -r pending_before
		IFS= read -r pending_after
		IFS= read -r table_at
		IFS= read -r table_bytes
		IFS= read -r opt_work_dir
		IFS= read -r redo_key
	} <<-END
		$ticket_facts
	END
	redo_names
}

# ticket_trusted FILE: in a folder where many may make files, but not replace
# those of others (sticky), who made this one counts.
ticket_trusted() {
	wrong="it is not a regular file"
	[ -f "$1" ] && [ ! -L "$1" ] || return 1
	case $(ls -ld -- "${1%/*}/") in
	?????????[tT]*) ;;
	*) return 0 ;;
	esac
	wrong="it belongs to somebody else"
	trusted_owner=$(file_owner "$1")
	[ "$trusted_owner" = "$(id -u)" ] || [ "$trusted_owner" = 0 ] || [ "$trusted_owner" = "$(file_owner "$image_at")" ]
}

ticket_foreign() {
	foreign_hint="If it comes from somewhere else, move it away"
	[ "$ticket_state" = verified ] || foreign_hint="The image may be half committed, and can only be completed by that log: move nothing away, and bring back what is missing or was changed (is the folder of the log mounted?), or restore a backup of the image"
	fault log-foreign "$ticket does not fit: $1" "$foreign_hint"
}

# Is the log whole, and this image's?
ticket_check_log() {
	[ -e "$log_file" ] || ticket_foreign "its log $log_file is not there"
	ticket_trusted "$log_file" || ticket_foreign "of its log $log_file, $wrong"
	log_checksum
	[ "$sum" = "$log_sum" ] || ticket_foreign "its log $log_file was changed"
	redo_check any-name || ticket_foreign "of its log $log_file, $wrong"
}

# Is the image still the one that the log was made for?
ticket_check_image() {
	case $ticket_state in
	verified)
		[ "$(file_bytes "$image_at")" = "$image_bytes" ] && [ "$(file_time "$image_at")" = "$image_time" ] || ticket_stale
		marks_after=$marks_before
		;;
	*)
		ticket_unstamped || [ "$(file_time "$ticket")" = "$(file_time "$image_at")" ] || ticket_stale
		;;
	esac
	fence_sector image
	marks_take image
	# shellcheck disable=SC2086  # three checksums each, to be split
	set -- ${marks#* } $marks_before $marks_after
	[ "$1" = "$4" ] || [ "$1" = "$7" ] || ticket_stale
	[ "$2" = "$5" ] || [ "$2" = "$8" ] || ticket_stale
	[ "$3" = "$6" ] || [ "$3" = "$9" ] || ticket_stale
}

ticket_stale() {
	stale_hint="If the image is right as it is: grow-disk --discard, then run grow-disk again; if not, restore a backup first"
	[ "$ticket_state" = verified ] ||
		stale_hint="The commit had begun. Restore a backup of the image, or decide that it is right as it is; then remove $ticket and $log_file"
	fault log-stale "$image_at was changed after an earlier run had left $log_file, and committing that log would undo the change" "$stale_hint"
}
