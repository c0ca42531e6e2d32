# shellcheck shell=sh
# The redo log: an overlay over the image, in which everything happens.
#   working   may be thrown away at any time; the image is what it was
#   verified  will be committed, by this run or the next
# One atomic rename leads from the first to the second, after a flush.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

redo_names() {
	log_working=$image.grow-disk.working
	log_verified=$image.grow-disk.verified
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
	if [ "$sync_by_name" = yes ]; then run sync "$1"; else run sync; fi
}

flush_probe() {
	sync_by_name=no
	if sync "$work" 2>/dev/null && ! sync "$work/none" 2>/dev/null; then sync_by_name=yes; fi
}

# From the rename on the new state is the true one, and a signal stops nothing.
redo_verified() {
	flush "$log_working" || redo_flush_fault "$log_working"
	phase=finishing
	mv -f -- "$log_working" "$log_verified" || fault disk-io "The log cannot be renamed" "Look at $image_dir"
	flush "$image_dir" || redo_unfinished "$image_dir cannot be flushed"
}

redo_flush_fault() {
	complaint
	fault disk-io "$1 cannot be flushed to its disk: $complaint" "Look at the disk behind it"
}

redo_unfinished() {
	fault commit-unfinished "$1. The grown disk is complete in $log_verified, and the image must not be used before it is committed" \
		"Remove the cause and run grow-disk on this image again: it finishes the commit first"
}

# Bring the log into the image; QEMU grows it. A signal does not stop this
# before its time is over, and then the next run does it again from the start.
redo_commit() {
	detail "+ qemu-img commit -q -d -f qcow2 $log_verified"
	child_run commit redo_commit_program
	[ "$child_status" -eq 0 ] || redo_commit_fault
	flush "$image" || redo_unfinished "$image cannot be flushed to its disk"
	rm -f -- "$log_verified"
	flush "$image_dir" || :
}

redo_commit_program() {
	trap '' HUP INT
	exec qemu-img commit -q -d -f qcow2 "$log_verified" 2>"$work/stderr"
}

redo_commit_fault() {
	complaint
	[ -z "$caught" ] || complaint="interrupted by SIG$caught"
	redo_unfinished "The commit into $image did not finish: ${complaint:-qemu-img ended with status $child_status}"
}

# A verified log of an earlier run is finished before anything else. It is a
# file that says which file to overwrite: it must say this image.
redo_recover() {
	[ -e "$log_verified" ] || [ -L "$log_verified" ] || return 0
	redo_check_verified
	if [ "$opt_plan" = yes ]; then
		say "an earlier run left a complete log; the next grow-disk on this image commits it first. The plan starts from there"
		base=$log_verified base_format=qcow2
		return 0
	fi
	say "finishing the commit of an earlier run"
	redo_commit
	recovered=yes phase=host
	[ -z "$caught" ] || fault interrupted "Interrupted by SIG$caught; what an earlier run had grown is committed, and nothing else was done" "Run it again"
}

redo_check_verified() {
	[ -f "$log_verified" ] && [ ! -L "$log_verified" ] || redo_foreign "it is not a regular file"
	redo_check "$log_verified" || redo_foreign "$wrong"
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
	tail -c "+$((redo_backing_at + 1))" -- "$1" | head -c "$number" >"$work/log-names"
	printf './%s' "$image_name" | cmp -s - "$work/log-names" || return 1
	wrong="it belongs to an image of another format"
	redo_format=$(qemu-img info --output=json -f qcow2 "$1" 2>/dev/null | jq -r '."backing-filename-format"')
	[ "$redo_format" = "$image_format" ]
}

redo_foreign() {
	fault log-foreign "$log_verified is no log of this image: $1" "Find out where it comes from, and move it away"
}
