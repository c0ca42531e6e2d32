#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A file system on the whole disk, without a partition table, as Alpine's images have it. Through the virtual machine.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/ext-files.sh
. "$tests/lib/ext-files.sh"
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

blocks() {
	dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block count: *//p'
}

# grown NAME IMAGE SIZE
grown() {
	ok "$1: grown" "$grow_disk" --json --accel tcg "$2" "$3"
	qemu-img convert -O raw "$2" now.img
	is "$1: the disk has its size" "$(stat -c %s now.img)" "$(numfmt --from=iec "$3")"
	ok "$1: e2fsck finds nothing" e2fsck -fn now.img
	is "$1: the files are there" "$(ext_files now.img)" "$(ext_files before.img)"
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

# The other file systems that can be a whole disk, which end with it.
for type in xfs btrfs; do
	rm -f disk.img
	truncate -s 600M disk.img
	"mkfs.$type" -q disk.img >made 2>&1
	ok "$type: grown" "$grow_disk" --accel tcg disk.img 3G
	case $type in
	xfs)
		ok "xfs: xfs_repair finds nothing" xfs_repair -n disk.img
		is "xfs: as large as the disk" "$(xfs_db -r -c 'sb 0' -c 'print dblocks' disk.img)" "dblocks = $((3 * 1024 * 1024 / 4))"
		;;
	btrfs)
		ok "btrfs: btrfs check finds nothing" btrfs check --readonly disk.img
		is "btrfs: as large as the disk" "$(btrfs inspect-internal dump-super disk.img | awk '$1 == "total_bytes" { print $2 }')" $((3 * 1024 * 1024 * 1024))
		;;
	esac
done

# Swap, whose header is all that it has; and what is before it.
rm -f disk.img
truncate -s 64M disk.img
mkswap -L pages disk.img >made 2>&1
head -c 512 /dev/urandom | dd of=disk.img conv=notrunc status=none
cp --sparse=always disk.img before.img
"$grow_disk" --json disk.img 256M >plan 2>/dev/null
is "swap: grown" "$(jq -c '[.changed, .table.type, .filesystem.type, .filesystem.label]' plan)" '[true,"none","swap","pages"]'
is "swap: blkid reads the same" "$(blkid -p -o export disk.img | sed "1d; /SIZE/d; /ENDSIZE/d")" "$(blkid -p -o export before.img | sed "1d; /SIZE/d; /ENDSIZE/d")"
is "swap: it fills the disk" "$(od -An -tu4 -j 1028 -N 4 disk.img | tr -d ' ')" $((256 * 256 - 1))
is "swap: nothing else has changed" "$(cmp -n 67108864 -l disk.img before.img | awk '$1 < 1029 || $1 > 1032' | wc -l)" 0

# A squashfs that a boot loader reads from a whole disk: it stays, and the disk has room behind it.
rm -f disk.img
mksquashfs tree disk.img -quiet -no-progress >made 2>&1
truncate -s 4M disk.img
cp disk.img before.img
"$grow_disk" --json disk.img 64M >plan 2>/dev/null
is "squashfs alone: the disk is larger" "$(jq -c '[.changed, .table.type, .filesystem.type]' plan) $(stat -c %s disk.img)" '[true,"none","squashfs"] 67108864'
ok "squashfs alone: it is what it was" cmp -n 4194304 disk.img before.img

make_disk
refused "a partition that there is not" no-such-partition 'there is no partition 1' --partition 1 128M
truncate -s 67108860 disk.img
refused "a file that was cut off within a sector" image-truncated '4 bytes are missing' 128M
truncate -s 60M disk.img
refused "a file that was cut off" fs-larger-than-partition 'is larger than the disk' 128M
rm disk.img
truncate -s 64M disk.img
refused "nothing at all" table-not-mbr 'no partition table' 128M
done_testing
