# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A complete log becomes the image. From the ticket on this is only finished,
# never undone, by this run or a later one; a signal does not stop it before its
# time is over.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

commit() {
	phase=finishing
	stage "committing"
	commit_from=$ticket_state
	commit_enter
	[ "$commit_from" != committing ] || commit_repair
	commit_bitmaps
	commit_top=$(redo_options "")
	detail "+ qemu-img commit -d --image-opts ${commit_top%.}"
	commit_watch
	child_run commit commit_program
	commit_unwatch
	[ "$child_status" -eq 0 ] || commit_fault
	commit_whole_sectors || commit_unfinished "$image_at cannot be made whole"
	commit_dig_holes
	flush "$image_at" || commit_unfinished "$image_at cannot be flushed to its disk"
	ticket_enter committed || commit_unfinished "The ticket cannot be renamed"
	commit_tidy
}

# First out of the way, while its time still counts. In whatever order the two
# renames reach the disk, what is there can be told by the next run.
commit_enter() {
	if [ "$ticket_state" = committing ]; then
		commit_guard
		ticket_stamp "$ticket" && flush "$ticket" || commit_unfinished "The ticket cannot be marked"
	else
		commit_guard
		ticket_enter committing || commit_unfinished "The ticket cannot be renamed"
	fi
	flush "$image_dir" || commit_unfinished "$image_dir cannot be flushed"
}

# While it is half of the old and half of the new the image is not at its name,
# so that nothing can start from it. A file that cannot be renamed (it is a
# mount point, or another's in a folder for everybody) stays where it is.
commit_guard() {
	[ "$image_at" = "$image" ] || return 0
	run_unstopped mv -f -- "$image" "$image_guard" && image_at=$image_guard
}

# A commit of a qcow2 image that is finished by a later run. Where the disk failed
# in the middle, tables of the image may be in use and not counted, so that QEMU
# would not write there, or be gone and hold data: QEMU writes an entry of the
# first-level table, cannot flush it, takes it back in memory alone, and uses the
# cluster again. So that table becomes what it was, all clusters are counted anew,
# and what the first try wrote is written again.
commit_repair() {
	[ "$image_format" = qcow2 ] || return 0
	commit_table_back
	run_unstopped qemu-img check -q -r all -f qcow2 -- "$image_at"
	case $? in
	0 | 3) ;;
	*)
		complaint
		commit_unfinished "The tables of $image_at cannot be repaired${complaint:+: $complaint}"
		;;
	esac
}

# It may be longer by now, and lie elsewhere. (Second-level tables that were there
# before stay where they are, and only get more entries.)
commit_table_back() {
	qcow2_read "$image_at"
	table_now=$((qcow2_l1_entries * 8))
	[ "$qcow2_l1_entries" -le 4194304 ] && [ $((qcow2_l1_at % 512)) -eq 0 ] && [ "$table_bytes" -le "$table_now" ] &&
		[ $((qcow2_l1_at + table_now)) -le "$(file_bytes "$image_at")" ] ||
		commit_unfinished "The first-level table of $image_at is not where it can be"
	# A part of it that could not be read would be taken for entries that are none.
	keep table commit_table && [ "$(file_bytes "$work/table")" = "$table_now" ] ||
		commit_unfinished "The table behind the log cannot be read, or not be copied into $work"
	run_unstopped dd if="$work/table" of="$image_at" bs=512 seek=$((qcow2_l1_at / 512)) conv=notrunc ||
		commit_unfinished "The tables of $image_at cannot be written"
}

commit_table() {
	tail -c "+$((table_at + 1))" -- "$log_file" | head -c "$table_bytes"
	head -c $((table_now - table_bytes)) /dev/zero
}

# A commit that was killed may leave them in use, and QEMU makes no image larger
# that has such. (Before the first commit there were none.)
commit_bitmaps() {
	[ "$image_format" = qcow2 ] || return 0
	qcow2_read "$image_at"
	qcow2_open_bitmaps "$image_at" | while IFS= read -r bitmap; do
		run_unstopped qemu-img bitmap --remove -f qcow2 -- "$image_at" "$bitmap"
	done
}

# Back to its name, and nothing of ours stays.
commit_tidy() {
	phase=finishing
	[ "$image_at" = "$image" ] || {
		[ ! -e "$image" ] || commit_unfinished "While it was committed, another file was put at $image"
		run_unstopped mv -f -- "$image_at" "$image" || commit_unfinished "$image_at cannot be renamed to $image"
		image_at=$image
	}
	flush "$image_dir" || commit_unfinished "$image_dir cannot be flushed"
	run_unstopped rm -f -- "$ticket" "$log_file"
}

commit_program() {
	trap '' HUP INT QUIT TERM
	complaints_to_file
	run_limit_memory
	exec qemu-img commit -p -d --image-opts "${commit_top%.}" >"$work/commit-progress"
}

# How far it is, where somebody looks: qemu-img tells it in the last line.
commit_watch() {
	watcher=''
	[ "$opt_quiet" = no ] && [ -t 2 ] || return 0
	keep commit-progress true
	(
		trap '' HUP INT QUIT TERM
		trap 'exit 0' USR1
		while kill -0 $$ 2>/dev/null && { sleep 0.2 || sleep 1; }; do
			percent=$(tail -c 17 "$work/commit-progress" 2>/dev/null | sed -n 's/.*(\([0-9]*\)\..*/\1/p')
			[ -z "$percent" ] || stage "committing $percent %"
		done
	) 9>&- &
	watcher=$!
}

commit_unwatch() {
	[ -z "$watcher" ] || { kill -USR1 "$watcher" 2>/dev/null && wait "$watcher"; }
	watcher=''
}

# A raw image may have ended within a sector, and QEMU left it so; the partition
# now ends with the sector.
commit_whole_sectors() {
	[ "$image_format" = raw ] || return 0
	whole_bytes=$(file_bytes "$image_at")
	[ $((whole_bytes % 512)) -eq 0 ] || run_unstopped dd if=/dev/null of="$image_at" bs=512 seek=$(((whole_bytes + 511) / 512)) count=0
}

# qemu-img commits in pieces of 64 KiB, most of them zeroes around a few blocks:
# behind the old end they become holes again, where the file system has holes.
commit_dig_holes() {
	[ "$image_format" = raw ] && [ "${pending_after:-0}" -gt "${pending_before:-0}" ] || return 0
	run_unstopped fallocate --dig-holes --offset "$pending_before" --length $((pending_after - pending_before)) "$image_at" || :
}

commit_fault() {
	complaint
	[ -z "$caught" ] || complaint="interrupted by SIG$caught"
	commit_unfinished "The commit into $image did not finish: ${complaint:-qemu-img ended with status $child_status}"
}

# Nobody writes any more: what changes the image from now on is to be seen, by
# its time, if that is on the disk. What is not flushed may be lost with the
# power, and the image have an earlier time again.
commit_unfinished() {
	[ "$ticket_state" != committing ] || ! flush "$image_at" || run_unstopped touch -r "$image_at" -- "$ticket"
	unfinished_place=''
	[ "$image_at" = "$image" ] || unfinished_place=". Until then it lies as $image_at"
	case $ticket_state in
	committed) unfinished_what="The grown disk is complete in $image_at" unfinished_place='' ;;
	*) unfinished_what="The grown disk is complete in $log_file, and the image must not be used before that is committed" ;;
	esac
	fault commit-unfinished "$1. $unfinished_what$unfinished_place" \
		"Remove the cause and run grow-disk on this image again: it finishes the commit first"
}

# A complete log of an earlier run is finished before anything else.
commit_recover() {
	[ "$ticket_state" != none ] || return 0
	asked_work_dir=$opt_work_dir
	ticket_read
	size_before=$pending_before size_after=$pending_after
	if [ "$ticket_state" = committed ]; then
		commit_tidy
	else
		ticket_check_log
		qcow2_check_others
		ticket_check_image
		say "finishing the commit of an earlier run"
		commit
	fi
	ticket='' ticket_state=none opt_work_dir=$asked_work_dir redo_key=''
	redo_names
	recovered=yes changed=true phase=host
	[ -z "$caught" ] || [ "$opt_verb" = recover ] || fault_interrupted
}

# --plan only tells of it.
commit_pending() {
	[ "$ticket_state" != none ] || return 1
	ticket_read
	[ "$ticket_state" = committed ] || { ticket_check_log && qcow2_check_others && ticket_check_image; }
	pending=$ticket_state
	changed=true
}

# --discard: the log of an earlier run goes, if the image has not been touched.
commit_discard() {
	case $ticket_state in
	none) ;;
	verified)
		jq -e .complete "$ticket" >/dev/null 2>&1 && ticket_read
		[ -f "$ticket" ] && [ ! -L "$ticket" ] || ticket_foreign "it is not a regular file"
		[ "$image_at" = "$image" ] || {
			run_unstopped mv -f -- "$image_at" "$image" && flush "$image_dir" || fault disk-io "$image_at cannot be renamed to $image" "Look at $image_dir"
			image_at=$image
		}
		discarded=yes
		rm -f -- "$ticket" && flush "$image_dir" || fault disk-io "$ticket cannot be removed" "Look at $image_dir"
		;;
	committed) fault commit-begun "The commit of $log_file is complete, and only tidying is left" "Let it be done: grow-disk --recover" ;;
	*) fault commit-begun "The commit of $log_file has begun, and without it the image would be half of the old and half of the new disk" \
		"Finish it: grow-disk --recover" ;;
	esac
	redo_sweep
}
