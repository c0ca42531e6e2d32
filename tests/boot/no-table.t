#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A file system on the whole disk, without a partition table, as Alpine's images have it. Through the virtual machine.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
cd "$work" || exit 1
export GROW_DISK_GUEST_DIR="$build"
"$images/tree" tree

# A boot loader in the 1024 bytes before the file system, with the mark of a boot sector.
make_disk() {
	rm -f disk.img
	truncate -s 64M disk.img
	# shellcheck disable=SC2086  # options are words
	mke2fs -q -F -t ext4 ${1:-} -d tree disk.img
	head -c 440 /dev/urandom | dd of=disk.img conv=notrunc status=none
	head -c 500 /dev/urandom | dd of=disk.img bs=1 seek=512 conv=notrunc status=none
	printf '\125\252' | dd of=disk.img bs=1 seek=510 conv=notrunc status=none
	cp --sparse=always disk.img before.img
}

files() {
	rm -rf out
	mkdir out
	debugfs -R 'rdump / out' "$1" >/dev/null 2>&1
	(cd out && find . -type f -exec sha256sum {} + | sort -k 2)
	chmod -R u+rwX out
}

blocks() {
	dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block count: *//p'
}

# grown NAME IMAGE SIZE
grown() {
	ok "$1: grown" "$grow_disk" --json --accel tcg "$2" "$3"
	qemu-img convert -O raw "$2" now.img
	is "$1: the disk has its size" "$(stat -c %s now.img)" "$(numfmt --from=iec "$3")"
	ok "$1: e2fsck finds nothing" e2fsck -fn now.img
	is "$1: the files are there" "$(files now.img)" "$(files before.img)"
	ok "$1: the boot loader is what it was" cmp -n 1024 now.img before.img
	native=native.img
	cp --sparse=always before.img "$native"
	truncate -s "$3" "$native"
	resize2fs -f "$native" >/dev/null 2>&1
	is "$1: as large as resize2fs makes it" "$(blocks now.img)" "$(blocks "$native")"
}

make_disk '-O ^64bit'
"$grow_disk" --json --plan --accel tcg disk.img 128M >plan 2>/dev/null
is "the plan: no table, no partition" "$(jq -c '[.table.type, .partition, .filesystem.type]' plan)" '["none",null,"ext4"]'
is "the plan: it would change" "$(jq .changed plan)" true
grown "twice" disk.img 128M
grown "a hundred times" disk.img 6400M
"$grow_disk" --json --accel tcg disk.img 6400M >again 2>/dev/null
is "a second run has nothing to do" "$(jq .changed again)" false
make_disk '-b 4096'
qemu-img convert -O qcow2 before.img disk.qcow2
grown "qcow2" disk.qcow2 1G
"$grow_disk" --accel tcg disk.qcow2 2G >said 2>/dev/null
ok "the text tells the sizes" grep -q '^disk  *1 GiB -> 2 GiB' said
is "the text names no partition" "$(grep -c partition said)" 0

# refused NAME REASON ARGUMENT...
refused() {
	name=$1 reason=$2
	shift 2
	before=$(sha256sum disk.img)
	is "$name: refused" "$("$grow_disk" --json --accel tcg disk.img "$@" 2>/dev/null | jq -r .reason)" "$reason"
	is "$name: the image is what it was" "$(sha256sum disk.img)" "$before"
}
make_disk
refused "a partition that there is not" no-such-partition --partition 1 128M
truncate -s 60M disk.img
refused "a file that was cut off" fs-larger-than-partition 128M
rm disk.img
truncate -s 64M disk.img
refused "nothing at all" table-not-mbr 128M
done_testing
