#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the agent refuses on the host: more of the kinds that tests/boot tries through the virtual machine. The disk must be
# what it was, byte for byte.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"

cd "$work" || exit 1
"$images/mbr-disk" good.img 33M part 1 512 8M 83 boot ext4 part 2 20480 16M 83 - ext4 '-b 1024'
fs_at=$((20480 * 512))
entry1=446 entry2=462 entry3=478

# message, hint: of the last event
message() { tail -n 1 "$agent_events" | jq -r .message; }
hint() { tail -n 1 "$agent_events" | jq -r .hint; }

# bad NAME REASON [OFFSET HEX]...: that poked into a good disk
bad() {
	name=$1 reason=$2
	shift 2
	cp --sparse=always good.img disk.img
	while [ $# -ge 2 ]; do
		"$images/poke" disk.img "$1" "$2"
		shift 2
	done
	truncate -s 64M disk.img
	refused "$name" disk.img "$reason" "${fields:-}"
}

bad "no mark of a table" table-not-mbr 510 0000
bad "half a mark" table-not-mbr 511 00
bad "no entries" table-empty $entry1 00000000000000000000000000000000 $entry2 00000000000000000000000000000000
bad "an entry without size" table-invalid $((entry3 + 4)) '83000000 00500000 00000000'
bad "an entry that begins on the table" table-invalid $((entry3 + 4)) '83000000 00000000 00010000'
bad "an entry behind the end" table-invalid $((entry3 + 4)) '83000000 ffffff7f 01000000'
bad "an entry to the last sector that can be said, and further" table-invalid $((entry3 + 4)) '83000000 ffffffff ffffffff'
bad "the target ends behind the end" table-invalid $((entry2 + 12)) 00000010
bad "two entries of the same place" table-invalid $((entry3 + 4)) '83000000 00500000 00800000'
bad "an entry inside of another" table-invalid $((entry3 + 4)) '83000000 00600000 00010000'
for type in 05 0f 85; do
	bad "no partition but an empty extended one of type $type" table-empty $((entry1 + 4)) $type $entry2 00000000000000000000000000000000
done
bad "a protective entry that does not begin at LBA 1" table-invalid $((entry1 + 4)) ee
bad "the magic number of ext4 is gone" fs-unknown $((fs_at + 1024 + 56)) 0000
bad "an unknown incompatible feature" fs-feature $((fs_at + 1024 + 96 + 3)) 80
bad "blocks of an impossible size" fs-unclean $((fs_at + 1024 + 24)) ff000000
bad "a file system larger than its partition" fs-larger-than-partition $((entry2 + 12)) 00400000
is "both sizes are told" "$(message)" 'the file system has 16 MiB (16777216 bytes) and is larger than partition 2, which has 8 MiB (8388608 bytes)'
fields='"partition":3'
bad "a partition that is not in the table" no-such-partition
fields='"partition":4294967296'
bad "a partition with a number beyond any" guest-protocol
fields='"partition":1'
bad "no room behind, with number 2 moved up" no-room-behind $((entry2 + 8)) 00420000 $((entry2 + 12)) 00010000
fields=

# Layers are opened by a kernel, which a program of the host is not.
for kind in LVM2_member:layer-feature crypto_LUKS:layer-feature vfat:fs-unknown; do
	reason=${kind#*:} kind=${kind%:*}
	"$images/signature" "$kind" content
	"$images/mbr-disk" disk.img 64M part 1 512 8M c boot ext4 part 2 20480 16M 83 - ./content
	truncate -s 128M disk.img
	refused "$kind in the last partition" disk.img "$reason"
	is "$kind: it says so" "$(tail -n 1 "$agent_events" | jq -r .message | grep -c "$kind")" 1
done
"$images/signature" vfat disk.img
refused "FAT on the whole disk" disk.img table-ambiguous
truncate -s 512 disk.img
refused "a disk of one sector" disk.img table-empty
head -c 512 good.img >disk.img
refused "nothing but the table" disk.img table-invalid
: >disk.img
agent_run disk.img
is "an empty file" "$agent_event" fault
agent_run "$work/there is no such file"
is "no file" "$agent_event" fault

# What fills the disk may be the only file system there is: no hint may name a command that removes it.
harmless() {
	is "$1: the hint names no command that destroys" "$(hint | grep -cE 'wipefs( -[^n]|[^ ]|$)|mke2fs|mkfs|e2fsck -[py]|sfdisk|fdisk')" 0
	ok "$1: there is a hint" test -n "$(hint)"
}
"$images/signature" vfat disk.img
refused "FAT on the whole disk, again" disk.img table-ambiguous
harmless "FAT on the whole disk"
# It is no table, but the file system is: boot/no-table.t grows it.
truncate -s 32M whole.img
mke2fs -q -F -t ext4 whole.img
"$images/poke" whole.img 510 55aa
agent_run whole.img
is "ext4 on the whole disk, with the mark of a table: a disk to grow" "$agent_event $agent_status" 'done 0'
"$images/signature" xfs content
"$images/mbr-disk" disk.img 64M part 1 512 8M 83 boot ext4 part 2 20480 16M 83 - ext4
dd if=content of=disk.img bs=512 seek=20480 count=1 conv=notrunc status=none
refused "xfs and ext4 in one partition" disk.img fs-ambiguous
harmless "xfs and ext4 in one partition"
bad "a superblock of an impossible size" fs-unclean $((fs_at + 1024 + 24)) ff000000
harmless "a damaged superblock"

done_testing
