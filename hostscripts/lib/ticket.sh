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

# ticket_superblock image|log: its checksum, in $sum.
ticket_superblock() {
	piece_at=$superblock_at piece_length=1024
	fence_read "$1" "$work/superblock"
	file_sum "$work/superblock"
}

file_sum() {
	sum=$(sha256sum <"$1")
	sum=${sum%% *}
}

# The time that means: not known.
ticket_stamp() {
	run_unstopped env TZ=UTC0 touch -t 197001010000 -- "$1"
}

# From the rename on the log will be committed. The time for signals is over a
# little earlier: so nothing is left half written.
ticket_write() {
	superblock_at=$((target_start * 512 + 1024))
	file_sum "$work/sector-before" && set -- --arg sector_before "$sum"
	file_sum "$work/sector-after" && set -- "$@" --arg sector_after "$sum"
	ticket_superblock image
	set -- "$@" --arg superblock_before "$sum"
	ticket_superblock log
	set -- "$@" --arg superblock_after "$sum"
	file_sum "$log_file" && set -- "$@" --arg log_sha256 "$sum"
	flush "$log_file" || flush_fault "$log_file"
	phase=finishing
	redo_new_file "$ticket_new"
	log=$log_file
	jq -n "$@" --arg version "$grow_disk_version" --arg format "$image_format" --arg folder "$opt_work_dir" \
		--arg image_bytes "$(file_bytes "$image")" --arg image_time "$(file_time "$image")" \
		--arg size_before "$size_before" --arg size_after "$size_after" --arg superblock_at "$superblock_at" \
		-f "$lib/ticket.jq" >"$ticket_new" &&
		ticket_stamp "$ticket_new" && flush "$ticket_new" || {
		rm -f -- "$ticket_new"
		fault no-space "The ticket $ticket_new cannot be written" "Make room in $image_dir"
	}
	ticket_enter verified || {
		rm -f -- "$ticket_new"
		fault disk-io "The ticket cannot be renamed" "Look at $image_dir"
	}
	log=''
	flush "$image_dir" || commit_unfinished "$image_dir cannot be flushed"
}

# ticket_enter STATE: the one step between two states.
ticket_enter() {
	run_unstopped mv -f -- "${ticket:-$ticket_new}" "$image.grow-disk.$1" || return 1
	ticket=$image.grow-disk.$1 ticket_state=$1
}

# What the ticket of an earlier run says. Sets log_file, image_format, sizes.
ticket_read() {
	ticket_trusted "$ticket" || ticket_foreign "$wrong"
	jq -r -e 'select(.schema == 1 and .complete) | .format, .log_sha256, .image_time, .sector_sha256[], .superblock_sha256[],
		.image_bytes, .superblock_offset_bytes, .size_before_bytes, .size_after_bytes, .log_folder // ""' \
		"$ticket" >"$work/ticket" 2>/dev/null || ticket_foreign "it cannot be read"
	{
		IFS= read -r image_format
		IFS= read -r log_sum
		IFS= read -r image_time
		IFS= read -r sector_before
		IFS= read -r sector_after
		IFS= read -r superblock_before
		IFS= read -r superblock_after
		IFS= read -r image_bytes
		IFS= read -r superblock_at
		IFS= read -r pending_before
		IFS= read -r pending_after
		IFS= read -r opt_work_dir
	} <"$work/ticket"
	redo_names
}

# ticket_trusted FILE: who may write here could write to the image itself; in a
# folder for everybody that is not so of whoever may make a file.
ticket_trusted() {
	wrong="it is not a regular file"
	[ -f "$1" ] && [ ! -L "$1" ] || return 1
	wrong="it belongs to somebody else"
	trusted_owner=$(file_owner "$1")
	[ "$trusted_owner" = "$(id -u)" ] || [ "$trusted_owner" = 0 ] || [ "$trusted_owner" = "$(file_owner "$image_at")" ]
}

ticket_foreign() {
	fault log-foreign "$ticket does not fit this image: $1" "Find out where it comes from, and move it away"
}

# Is the log whole, and this image's?
ticket_check_log() {
	[ -e "$log_file" ] || ticket_foreign "its log $log_file is not there"
	ticket_trusted "$log_file" || ticket_foreign "of its log $log_file, $wrong"
	redo_check || ticket_foreign "of its log $log_file, $wrong"
	file_sum "$log_file"
	[ "$sum" = "$log_sum" ] || ticket_foreign "its log $log_file was changed"
}

# Is the image still the one that the log was made for?
ticket_check_image() {
	case $ticket_state in
	verified)
		[ "$(file_bytes "$image_at")" = "$image_bytes" ] && [ "$(file_time "$image_at")" = "$image_time" ] || ticket_stale
		sector_after=$sector_before superblock_after=$superblock_before
		;;
	*)
		ticket_stamp "$work/epoch"
		[ "$(file_time "$ticket")" = "$(file_time "$work/epoch")" ] || [ "$(file_time "$ticket")" = "$(file_time "$image_at")" ] || ticket_stale
		;;
	esac
	fence_sector image "$work/sector"
	file_sum "$work/sector"
	[ "$sum" = "$sector_before" ] || [ "$sum" = "$sector_after" ] || ticket_stale
	ticket_superblock image
	[ "$sum" = "$superblock_before" ] || [ "$sum" = "$superblock_after" ] || ticket_stale
}

ticket_stale() {
	stale_hint="If the image is right as it is: grow-disk --discard, then run grow-disk again; if not, restore a backup first"
	[ "$ticket_state" = verified ] ||
		stale_hint="The commit had begun. Restore a backup of the image, or decide that it is right as it is; then remove $ticket and $log_file"
	fault log-stale "$image_at was changed after an earlier run had left $log_file, and committing that log would undo the change" "$stale_hint"
}
