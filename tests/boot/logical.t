#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Logical partitions: the last one and its container grow together; of the boot records only sizes and end CHS change.
# Through the virtual machine.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/ext-files.sh
. "$tests/lib/ext-files.sh"
cd "$work" || exit 1
export GROW_DISK_GUEST_DIR="$build"

# make_disk TABLE START MIB: disk.img of 96 MiB with that table (lines of sfdisk), an ext4 with the sample tree at that sector.
"$images/tree" tree
make_disk() {
	rm -f disk.img fs.img
	truncate -s 96M disk.img
	printf 'label: dos\nlabel-id: 0x1234abcd\n%s\n' "$1" | sfdisk -q disk.img
	printf 'boot code' | dd of=disk.img conv=notrunc status=none
	truncate -s "$3M" fs.img
	mke2fs -q -F -t ext4 -d tree fs.img
	dd if=fs.img of=disk.img bs=512 seek="$2" conv=notrunc,sparse status=none
	cp --sparse=always disk.img before.img
}

# The table without sizes.
table() {
	sfdisk -d "$1" | sed "s/^device: .*//; s|^$1||; s/size= *[0-9]*/size/"
}

size_of() { # size_of IMAGE NUMBER
	sfdisk --json "$1" | jq --arg node "$1$2" '.partitiontable.partitions[] | select(.node == $node) | .size'
}

# differing FROM TO: the places of these sectors that are not what they were.
differing() {
	cmp -l -i $(($1 * 512)) -n $((($2 - $1) * 512)) before.img disk.img 2>/dev/null | awk -v at=$(($1 * 512)) '{ print $1 - 1 + at }'
}

# allowed PLACE...: of the entries at these places, end CHS and size.
allowed() {
	for place; do
		for byte in 5 6 7 12 13 14 15; do echo $((place + byte)); done
	done | sort -n
}

# grown NAME NUMBER START END PLACE...: grown to the end; outside of it only these entries have changed.
grown() {
	name=$1 number=$2 start=$3 end=$4
	shift 4
	ok "$name: grown" "$grow_disk" --accel tcg disk.img "$size"
	is "$name: the table is the same but for sizes" "$(table disk.img)" "$(table before.img | sed "s/before.img/disk.img/")"
	is "$name: to its end" "$(size_of disk.img "$number")" $((end - start))
	ok "$name: e2fsck finds nothing" e2fsck -fn "disk.img?offset=$((start * 512))"
	is "$name: the files are there" "$(ext_files "disk.img?offset=$((start * 512))")" "$(ext_files "before.img?offset=$((start * 512))")"
	differing 0 "$start" >changed
	allowed "$@" | sort >places
	sort changed >sorted
	is "$name: nothing else has changed before it" "$(comm -23 sorted places)" ''
	[ "$end" -ge 196608 ] || {
		differing "$end" 196608 >changed
		is "$name: nor behind it" "$(cat changed)" ''
	}
}

entry2=$((446 + 16))
for type in 5 f 85; do
	make_disk "start=2048, size=16M, type=83, bootable
start=65536, size=64M, type=$type
5 : start=69632, size=8M, type=82
6 : start=92160, size=24M, type=83" 92160 24
	record=$(((92160 - 2048) * 512 + 446))
	size=2G
	grown "container of type $type" 6 92160 4194304 $entry2 $record
	is "container of type $type: so is the container" "$(size_of disk.img 2)" $((4194304 - 65536))
done

# Twice, and a hundred times.
make_disk 'start=65536, type=5
5 : start=69632, size=24M, type=83' 69632 24
record=$((65536 * 512 + 446))
for size in 192M 10G; do
	end=$(($(numfmt --from=iec $size) / 512))
	grown "to $size" 5 69632 $end 446 $record
done
cp --sparse=always disk.img grown.img
ok "a second run has nothing to do" "$grow_disk" --accel tcg disk.img 10G
ok "and changes nothing" qemu-img compare -q -f raw -F raw grown.img disk.img

# A primary partition behind the container is the last one.
make_disk 'start=2048, size=16M, type=83
start=36864, size=32M, type=5
3 : start=120000, size=24M, type=83
5 : start=40960, size=8M, type=83' 120000 24
size=256M
grown "a primary behind the container" 3 120000 524288 $((446 + 32))
is "the container stays" "$(size_of disk.img 2)" "$(size_of before.img 2)"

# One in the middle grows up to the next boot record, and its container has the room already.
make_disk 'start=2048, size=88M, type=5
5 : start=4096, size=24M, type=83
6 : start=120000, size=8M, type=83' 4096 24
next=$(($(dd if=disk.img bs=512 skip=2048 count=1 status=none | od -An -tu4 -j $((446 + 16 + 8)) -N 4) + 2048))
ok "one in the middle: grown" "$grow_disk" --accel tcg --partition 5 disk.img 128M
is "one in the middle: up to the next record" "$(size_of disk.img 5)" $((next - 4096))
differing 0 4096 >changed
allowed $((2048 * 512 + 446)) | sort >places
sort changed >sorted
is "one in the middle: nothing else" "$(comm -23 sorted places)" ''
differing "$next" 196608 >changed
is "one in the middle: nor behind it" "$(cat changed)" ''
ok "one in the middle: e2fsck finds nothing" e2fsck -fn "disk.img?offset=$((4096 * 512))"

refused "the container itself" no-such-partition 'partition 1 is an extended partition' --partition 1 256M

make_disk 'start=2048, size=24M, type=83
start=51200, size=32M, type=5' 2048 24
refused "an empty container behind it" no-room-behind 'partition 2 (extended, 32 MiB) begins there' 256M
make_disk 'start=2048, size=24M, type=83
start=120000, size=32M, type=5' 2048 24
size=256M
grown "room before an empty container" 1 2048 120000 446
make_disk 'start=2048, size=64M, type=5
5 : start=69632, size=24M, type=83' 69632 24
printf '\0\0' | dd of=disk.img bs=1 seek=$((2048 * 512 + 510)) conv=notrunc status=none
refused "no record in the container" table-invalid 'is invalid' 256M
done_testing
