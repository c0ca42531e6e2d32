# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The redo log: an overlay over the image, in which everything happens. While
# there is no ticket for it (ticket.sh) it may be thrown away at any time, and
# the image is what it was.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

# With --work-dir the log is there; its name then tells whose it is.
redo_names() {
	log_file=$image.grow-disk.log log_backing=./$image_name
	[ "$(printf %s "$image_name.grow-disk.committing" | wc -c)" -le 255 ] ||
		fault folder-not-writable "The name of $image is too long: what a run leaves beside it has up to 21 bytes more" "Rename the image"
	[ -n "$opt_work_dir" ] || return 0
	# Inodes alone repeat: the first file of each new file system has the same.
	# The device's number is left out: it may be another after the next boot.
	redo_inode=$(file_inode "$image_at")
	[ -n "$redo_key" ] || redo_key=$(printf '%s %s' "${redo_inode#* }" "$image" | sha256sum | cut -c 1-16)
	log_file=$opt_work_dir/$image_name.$redo_key.grow-disk.log log_backing=$image
}

# What an earlier run left. Only the holder of the lock may come here.
redo_sweep() {
	if [ -e "$log_file" ] || [ -L "$log_file" ]; then
		detail "throwing away the unfinished log of an earlier run"
		discarded=yes
	fi
	for swept in "$log_file" "$image.grow-disk.log" "$ticket_new"; do
		[ ! -e "$swept" ] && [ ! -L "$swept" ] || rm -f -- "$swept"
	done
}

# A new file, and never what somebody put there under that name.
redo_new_file() {
	(complaints_to_file && set -C && : >"$1") && return 0
	complaint
	fault folder-not-writable "$1 cannot be created" \
		"Look at the folder: is it writable, is there an entry of that name, is the name too long; --work-dir puts the log elsewhere"
}

# redo_reserve LOG: empty as yet, but under its name, which QEMU may be told.
redo_reserve() {
	redo_new_file "$1" && log=$1
}

# redo_create LOG BACKING: beside the image the backing file is named without
# its folder, so that the two can be moved together; "./" keeps QEMU from seeing
# a protocol in the name. Clusters of 4 KiB, as what is written lies far apart: a
# log of larger ones is up to seven times as long. (QEMU has them up to 8 TiB.)
redo_create() {
	[ "$log" = "$1" ] || redo_reserve "$1"
	redo_cluster=4k
	[ "$size_after" -le 4398046511104 ] || redo_cluster=64k
	run qemu-img create -q -f qcow2 -o "cluster_size=$redo_cluster" -F "$image_format" -b "$2" "$log" "$size_after" && return 0
	complaint
	complaint_reason no-space
	fault "$reason" "The log cannot be created${complaint:+: $complaint}" "Make room in ${log%/*}"
}

# redo_holds FILE BYTES: can it become that long?
redo_holds() {
	run dd if=/dev/null of="$1" bs=512 seek=$(($2 / 512)) count=0
}

redo_discard() {
	rm -f -- "$1"
}

# redo_check: is the log an overlay of this image, and nothing else? A log names
# the file that it belongs to, and QEMU has had it in its hands. If not, $wrong
# says why.
redo_check() {
	wrong="it is not qcow2 of version 3"
	qcow2_read "$log_file"
	[ "$qcow2_magic $qcow2_version" = '514649fb 3' ] || return 1
	wrong="its qcow2 features are not those of a log"
	[ "$qcow2_features" -eq 0 ] && [ "$qcow2_crypt" -eq 0 ] || return 1
	# By then its checksum is the ticket's; the image and its folder may have another name.
	[ "${1-}" != any-name ] || return 0
	wrong="it belongs to an image of another name"
	[ "$qcow2_backing_bytes" -gt 0 ] && [ "$qcow2_backing_bytes" -le 1023 ] && [ "$qcow2_backing_at" -lt "$(file_bytes "$log_file")" ] || return 1
	hex_at "$log_file" "$qcow2_backing_at" "$qcow2_backing_bytes"
	[ -n "$hex" ] || read_fault "$log_file"
	[ "$hex" = "$(printf %s "$log_backing" | od -An -v -tx1 | tr -d ' \n')" ]
}

# The log as QEMU's options, below PREFIX. What the log itself says of its image
# is not asked: we tell where it is, and of what format. (A dot at the end keeps
# newlines.)
redo_options() {
	printf '%sdriver=qcow2,%sfile.driver=file,%sfile.filename=' "$1" "$1" "$1"
	option_value "$log_file"
	printf ',%sbacking.driver=%s,%sbacking.file.driver=file,%sbacking.file.filename=' "$1" "$image_format" "$1" "$1"
	option_value "$image_at"
	printf .
}

# A comma in a value of QEMU's options has to be doubled.
option_value() {
	case $1 in
	*,*) printf '%s' "$1" | sed 's/,/,,/g' ;;
	*) printf '%s' "$1" ;;
	esac
}

# Flush a file or a folder. A sync that takes no names flushes everything.
flush() {
	set -- sync "$1"
	[ -n "$sync_by_name" ] || flush_probe
	[ "$sync_by_name" = yes ] || set -- sync
	if [ "$phase" = host ]; then run_long "$@"; else run_unstopped "$@"; fi
}

sync_by_name=''
flush_probe() {
	sync_by_name=no
	if run_unstopped sync "$work" && ! run_unstopped sync "$work/none"; then sync_by_name=yes; fi
}

flush_fault() {
	complaint
	fault disk-io "$1 cannot be flushed to its disk: $complaint" "Look at the disk behind it"
}

# As run, but a signal to the whole group does not end the program.
run_unstopped() (
	trap '' HUP INT QUIT TERM
	run "$@"
)

# What stat tells, by the stat of Linux or that of the BSDs.
file_inode() { # device and inode
	stat -L -c '%d %i' -- "$1" 2>/dev/null || stat -L -f '%d %i' -- "$1"
}

file_owner() {
	stat -c %u -- "$1" 2>/dev/null || stat -f %u -- "$1"
}

# Sets $kib, what it takes of its disk.
allocated_kib() {
	# shellcheck disable=SC2046  # words, of which the first is it
	set -- $(du -k -- "$1" 2>/dev/null)
	kib=${1:-0}
}

file_bytes() {
	stat -L -c %s -- "$1" 2>/dev/null || stat -L -f %z -- "$1"
}

# The time of the last change, to the nanosecond.
file_time() {
	TZ=UTC0 stat -L -c %y -- "$1" 2>/dev/null || stat -L -f %Fm -- "$1"
}
