#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Images that others use, parts of other images, copies that are not whole, limits of the session, and results that
# nobody can read; with a stub for the virtual machine.
# shellcheck disable=SC2154  # status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/..
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

test_cleanup() {
	[ -z "${reader:-}" ] || kill "$reader" 2>/dev/null
	[ -z "${mounted:-}" ] || as_root umount "$mounted"
	[ -z "${loop:-}" ] || as_root losetup -d "$loop"
}

# A program that only reads the image, as a backup does.
reader() {
	need "a reader of the image" qemu-nbd || return 0
	for format in raw qcow2; do
		fresh
		make_disk "$format" disk
		qemu-nbd -r -t -f "$format" -k "$scratch/socket" disk &
		reader=$!
		await [ -S "$scratch/socket" ]
		refused image-locked 30 "$format: a reader has it" disk 8G
		has "$format: the reader is named" "$err" "(qemu-nbd, process $reader)"
		begin_disk --json --wait-lock 600 disk 8G
		await grep -q 'waiting for at most' "$scratch/err"
		kill "$reader"
		wait "$reader"
		reader=''
		wait "$process"
		is "$format: it waits for the reader" "$? $(field changed) $(ls -A)" "0 true disk"
		rm -f "$scratch/socket"
	done
}

# The partition of the image is mounted through a loop device.
mounted_image() {
	fresh
	make_disk raw disk
	loop=$(as_root losetup -f --show -o $((33792 * 512)) --sizelimit $((212992 * 512)) disk 2>/dev/null) || {
		loop=''
		skip "a loop device has it" "needs root and loop devices"
		return
	}
	before=$(cksum <disk)
	grow_disk --json disk 8G
	is "a loop device has it" "$status $(field reason)" "30 image-locked"
	has "the loop device is named" "$err" "$loop"
	is "the image is what it was" "$(cksum <disk)" "$before"
	as_root mke2fs -q -F "$loop"
	mkdir "$scratch/mounted"
	if as_root mount "$loop" "$scratch/mounted" 2>/dev/null; then
		mounted=$scratch/mounted
		grow_disk --json disk 8G
		is "it is mounted" "$status $(field reason)" "30 image-locked"
		has "the place is named" "$err" "$scratch/mounted"
		as_root umount "$mounted"
		mounted=''
	else
		skip "it is mounted" "cannot mount here"
	fi
	as_root losetup -d "$loop"
	loop=''
	is "nothing is left beside it" "$(ls -A)" disk
}

# A copy that ended early, whatever size is asked for.
cut_off() {
	fresh
	make_disk raw disk
	truncate -s 36M disk
	for size in '' 64M 121M 8G; do
		refused image-truncated 20 "a copy that ended early, SIZE '$size'" disk ${size:+"$size"}
	done
	refused image-truncated 20 "a plan says so" --plan disk 8G
	has "how much is missing" "$err" "($(((33792 + 212992) * 512 - 36 * 1048576)) bytes) is missing"
	grow_disk --json --allow-truncated disk 8G
	is "--allow-truncated" "$status $(field changed)" "0 true"
	fresh
	make_disk raw disk
	truncate -s $(((33792 + 212992) * 512 - 100)) disk
	refused image-truncated 20 "a copy that ended within the last sector" disk 8G
	has "how much of the sector is missing" "$err" ": 100 bytes are missing"
}

# The file that holds the data of another image.
parts_of_others() {
	for raw in on off; do
		fresh
		make_disk raw source
		qemu-img create -q -f qcow2 -o "data_file=data,data_file_raw=$raw" whole 121M
		qemu-img convert -n -f raw -O qcow2 source whole
		rm source
		refused image-has-dependents 10 "an external data file, raw=$raw" --format=raw data 8G
		has "its image is named" "$err" ": whole"
	done
	fresh
	make_disk raw source
	qemu-img convert -f raw -O vmdk -o subformat=monolithicFlat source disk.vmdk
	refused image-has-dependents 10 "an extent of a VMDK" disk-flat.vmdk 8G
	has "its descriptor is named" "$err" ": disk.vmdk"
}

# It was moved, or is on the network.
missing_backing() {
	fresh
	make_disk raw base
	qemu-img create -q -f qcow2 -b base -F raw disk
	mv base moved
	refused backing-file-missing 10 "the backing file was moved" --allow-backing disk 8G
	refused backing-file-missing 10 "and a plan says so" --allow-backing --plan disk 8G
	mv moved base
	qemu-img create -q -f qcow2 -b disk -F qcow2 upper
	mv base moved
	refused backing-file-missing 10 "the file behind that was moved" --allow-backing upper 8G
	rm upper
	qemu-img create -q -u -f qcow2 -b nbd://127.0.0.1:1/x -F raw net 64M
	refused backing-file-missing 10 "it is on the network" --allow-backing net 8G
	mv moved base
	rm net
	grow_disk --json --allow-backing disk 8G
	is "when it is back, the overlay grows" "$status $(field changed)" "0 true"
}

# Each limit is told as what it is.
limits() {
	fresh
	make_disk raw disk
	shell=$grow_disk
	printf '#!/bin/sh\nulimit -f 300000\nexec "%s" "$@"\n' "$shell" >"$scratch/limited"
	chmod +x "$scratch/limited"
	grow_disk=$scratch/limited
	refused image-limit 10 "ulimit -f" disk 8G
	has "the limit is named" "$err" "ulimit -f"
	make_disk qcow2 disk
	printf '#!/bin/sh\nulimit -f 1800\nexec "%s" "$@"\n' "$shell" >"$scratch/limited"
	refused no-space 30 "ulimit -f, for a commit" disk 8G
	has "the limit is named, and the image has its name" "$err" "the limit of this session (ulimit -f) is"
	printf '#!/bin/sh\nunset PATH\nexec "%s" "$@"\n' "$shell" >"$scratch/limited"
	STUB=nothing grow_disk --plan --json disk
	is "without PATH the programs are found" "$status $(field reason)" "0 null"
	grow_disk=$shell
}

results_nobody_reads() {
	fresh
	for command in grow-disk rescue-disk try-disk; do
		for option in --help --version; do
			"$source_tree/hostscripts/$command" "$option" >/dev/full 2>"$scratch/err"
			is "$command $option into a full disk" "$? $(tail -n 1 "$scratch/err" | grep -o '\[.*')" "30 [no-space]"
		done
	done
	make_disk raw disk
	for options in '--plan --json' '--plan'; do
		# shellcheck disable=SC2086  # words
		"$grow_disk" $options disk 8G >/dev/full 2>"$scratch/err"
		is "$options into a full disk" "$? $(tail -n 1 "$scratch/err" | grep -o '\[.*')" "30 [no-space]"
	done
	for format in raw qcow2; do
		rm disk
		make_disk "$format" disk
		"$grow_disk" -q --json disk 8G >/dev/full 2>"$scratch/err"
		is "$format: --json into a full disk" "$?" 30
		has "$format: says that the image is grown" "$(cat "$scratch/err")" "grown and complete"
		is "$format: and it is" "$(table_end "$format" disk) $(ls -A)" "16777216 disk"
	done
	"$grow_disk" -q --plan disk 9G >/dev/full
	is "-q --plan writes nothing" "$?" 0
	mkfifo "$scratch/pipe"
	: <"$scratch/pipe" &
	exec 9>"$scratch/pipe"
	wait "$!"
	"$grow_disk" -q --plan --json disk 9G >&9 2>"$scratch/err"
	is "--plan --json into a pipe that nobody reads" "$? $(tail -n 1 "$scratch/err" | grep -o '\[.*')" "30 [interrupted]"
	exec 9>&-
}

main() {
	reader
	mounted_image
	cut_off
	parts_of_others
	missing_backing
	limits
	results_nobody_reads
}

fresh
main
done_testing
