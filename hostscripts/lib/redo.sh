# shellcheck shell=sh
# The redo log: an overlay over the image, in which everything happens.
#   working     may be thrown away at any time; the image is what it was
#   verified    will be committed, by this run or the next; the image still is
#               what it was
#   committing  is being committed: the image must not be used before that ends
# Atomic renames lead from one to the next, with flushes between. A log that is
# complete (verified, committing) carries the image's time of last change, so
# that the next run can tell whether the image was changed in between. While the
# commit runs that time is not known: the log carries the epoch.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

redo_names() {
	log_working=$image.grow-disk.working
	log_verified=$image.grow-disk.verified
	log_committing=$image.grow-disk.committing
}

# What an earlier run left. Only the holder of the lock may come here.
redo_sweep() {
	if [ -e "$log_working" ] || [ -L "$log_working" ]; then
		detail "throwing away the unfinished log of an earlier run"
		rm -f -- "$log_working"
	fi
}

# A new file, and never what somebody put there under that name.
redo_new_file() {
	(set -C && : >"$1") 2>"$work/stderr" && log=$1 && return 0
	complaint
	fault folder-not-writable "The log $1 cannot be created" "Look at the folder: is it writable, is there an entry of that name, is the name too long"
}

# redo_create LOG BASE BASE_FORMAT: by name beside the base, so that the two can
# be moved together; "./" keeps QEMU from seeing a protocol in the name.
redo_create() {
	redo_new_file "$1"
	run qemu-img create -q -f qcow2 -F "$3" -b "$2" "$log" "$size_after" && return 0
	complaint
	fault no-space "The log cannot be created: $complaint" "Make room in ${log%/*}"
}

# A raw image will be one file of the new size. Where the host's file system
# cannot hold such a file, that is to be known now and not after verified.
redo_try_size() {
	[ "$image_format" = raw ] && [ ! -e "$log_working" ] || return 0
	redo_new_file "$log_working"
	run dd if=/dev/null of="$log" bs=512 seek=$((size_after / 512)) count=0 ||
		fault image-limit "The file system of $image_dir cannot hold a file of $(size_human "$size_after")" \
			"Move the image to another file system, or convert it to qcow2"
	redo_discard "$log"
}

redo_discard() {
	rm -f -- "$1"
}

# Flush a file or a folder. A sync that takes no names flushes everything.
flush() {
	set -- sync "$1"
	[ "$sync_by_name" = yes ] || set -- sync
	if [ "$phase" = host ]; then run_long "$@"; else run_unstopped "$@"; fi
}

# As run, but a signal to the whole group does not end the program.
run_unstopped() (
	trap '' HUP INT TERM
	run "$@"
)

# The log carries the time of the image's last change, or the epoch.
redo_stamp() {
	run_unstopped touch -r "$image" -- "$1"
}

redo_stamp_epoch() {
	run_unstopped env TZ=UTC0 touch -t 197001010000 -- "$1"
}

redo_same_time() {
	same_time=$(redo_time "$1") && [ -n "$same_time" ] && [ "$(redo_time "$2")" = "$same_time" ]
}

# To the nanosecond, by the stat of Linux or that of the BSDs.
redo_time() {
	stat -c %y -- "$1" 2>/dev/null || stat -f %Fm -- "$1"
}

flush_probe() {
	sync_by_name=no
	if sync "$work" 2>/dev/null && ! sync "$work/none" 2>/dev/null; then sync_by_name=yes; fi
}

# From the rename on the new state is the true one, and a signal stops nothing.
redo_verified() {
	redo_stamp "$log_working" || fault disk-io "The time of the log cannot be set" "Look at $image_dir"
	flush "$log_working" || redo_flush_fault "$log_working"
	phase=finishing
	run_unstopped mv -f -- "$log_working" "$log_verified" || fault disk-io "The log cannot be renamed" "Look at $image_dir"
	log_complete=$log_verified
	flush "$image_dir" || redo_unfinished "$image_dir cannot be flushed"
}

redo_committing() {
	phase=finishing
	[ "$log_complete" = "$log_committing" ] || {
		run_unstopped mv -f -- "$log_complete" "$log_committing" || redo_unfinished "The log cannot be renamed"
		log_complete=$log_committing
	}
	redo_stamp_epoch "$log_complete" && flush "$log_complete" && flush "$image_dir" ||
		redo_unfinished "The log cannot be marked"
}

redo_flush_fault() {
	complaint
	fault disk-io "$1 cannot be flushed to its disk: $complaint" "Look at the disk behind it"
}

# Nobody writes any more: what changes the image from now on is to be seen.
redo_unfinished() {
	redo_stamp "$log_complete"
	fault commit-unfinished "$1. The grown disk is complete in $log_complete, and the image must not be used before it is committed" \
		"Remove the cause and run grow-disk on this image again: it finishes the commit first"
}

# Bring the log into the image; QEMU grows it. A signal does not stop this
# before its time is over, and then the next run does it again from the start.
redo_commit() {
	redo_committing
	detail "+ qemu-img commit -q -d -f qcow2 $log_complete"
	child_run commit redo_commit_program
	[ "$child_status" -eq 0 ] || redo_commit_fault
	redo_whole_sectors || redo_unfinished "$image cannot be made whole"
	redo_dig_holes
	flush "$image" || redo_unfinished "$image cannot be flushed to its disk"
	run_unstopped rm -f -- "$log_complete"
	flush "$image_dir" || :
}

# A raw image may have ended within a sector, and QEMU left it so; the partition
# now ends with the sector.
redo_whole_sectors() {
	[ "$image_format" = raw ] || return 0
	redo_bytes=$(stat -c %s -- "$image")
	[ $((redo_bytes % 512)) -eq 0 ] || run_unstopped dd if=/dev/null of="$image" bs=512 seek=$(((redo_bytes + 511) / 512)) count=0
}

# qemu-img commits in pieces of 64 KiB, most of them zeroes around a few blocks:
# behind the old end they become holes again, where the file system has holes.
redo_dig_holes() {
	[ "$image_format" = raw ] && [ -n "$size_before" ] && [ "${size_after:-0}" -gt "$size_before" ] || return 0
	run fallocate --dig-holes --offset "$size_before" --length $((size_after - size_before)) "$image" || :
}

redo_commit_program() {
	trap '' HUP INT TERM
	exec qemu-img commit -q -d -f qcow2 "$log_complete" 2>"$work/stderr"
}

redo_commit_fault() {
	complaint
	[ -z "$caught" ] || complaint="interrupted by SIG$caught"
	redo_unfinished "The commit into $image did not finish: ${complaint:-qemu-img ended with status $child_status}"
}

# A complete log of an earlier run is finished before anything else. It is a
# file that says which file to overwrite: it must say this image.
redo_recover() {
	for log_complete in "$log_committing" "$log_verified"; do
		[ -e "$log_complete" ] || [ -L "$log_complete" ] || continue
		redo_recover_complete
		[ "$opt_plan" = no ] || return 0
	done
}

redo_recover_complete() {
	redo_check_complete
	if [ "$opt_plan" = yes ]; then
		say "an earlier run left a complete log; the next grow-disk on this image commits it first. The plan starts from there"
		base=$log_complete base_format=qcow2
		return 0
	fi
	say "finishing the commit of an earlier run"
	redo_commit
	recovered=yes phase=host
	[ -z "$caught" ] || fault interrupted "Interrupted by SIG$caught; what an earlier run had grown is committed, and nothing else was done" "Run it again"
}

redo_check_complete() {
	[ -f "$log_complete" ] && [ ! -L "$log_complete" ] || redo_foreign "it is not a regular file"
	redo_check "$log_complete" || redo_foreign "$wrong"
	redo_same_time "$image" "$log_complete" || redo_killed ||
		fault log-stale "$image was changed after an earlier run had left $log_complete, and committing that log would undo the change" \
			"If the image is right as it is, remove the log, and run grow-disk again; if not, restore a backup first"
}

# The run that was committing was killed, and could not look at the image again.
redo_killed() {
	redo_stamp_epoch "$work/epoch" && [ "$log_complete" = "$log_committing" ] && redo_same_time "$log_complete" "$work/epoch"
}

# redo_check LOG: is it an overlay of this image, and nothing else? A log is a
# file that names the file to write to, and QEMU has had it in its hands. If
# not, $wrong says why.
redo_check() {
	wrong="it is not qcow2 of version 3"
	hex_at "$1" 0 8
	[ "$hex" = 514649fb00000003 ] || return 1
	wrong="its qcow2 features are not those of a log"
	number_at "$1" 72 8
	[ "$number" -eq 0 ] || return 1
	number_at "$1" 32 4
	[ "$number" -eq 0 ] || return 1
	wrong="it belongs to an image of another name"
	number_at "$1" 8 8
	redo_backing_at=$number
	number_at "$1" 16 4
	[ "$number" -gt 0 ] && [ "$number" -le 1023 ] || return 1
	dd if="$1" bs=1 skip="$redo_backing_at" count="$number" 2>/dev/null >"$work/log-names"
	printf './%s' "$image_name" | cmp -s - "$work/log-names" || return 1
	wrong="it belongs to an image of another format"
	redo_format=$(qemu-img info --output=json -f qcow2 "$1" 2>/dev/null | jq -r '."backing-filename-format"')
	[ "$redo_format" = "$image_format" ]
}

redo_foreign() {
	fault log-foreign "$log_complete is no log of this image: $1" "Find out where it comes from, and move it away"
}
