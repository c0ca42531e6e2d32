#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The partition alone: whatever it holds stays byte for byte, and so does the rest of the disk but its table.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"
cd "$work" || exit 1

message() { tail -n 1 "$agent_events" | jq -r .message; }
content() { jq -r 'select(.event == "plan") | .fs_type' "$agent_events"; }
steps() { jq -r 'select(.event == "plan") | .steps' "$agent_events"; }

# random KIND: bytes that are nothing, or the signature of KIND among them
random() {
	head -c 16777216 /dev/urandom >random
	case $1 in
	nothing) ;;
	both) "$images/signature" xfs content && mke2fs -q -F -t ext4 random && dd if=content of=random bs=512 count=1 conv=notrunc status=none ;;
	ext4) mke2fs -q -F -t ext4 random ;;
	swap) mkswap random >mkswap.said 2>&1 ;;
	*) "$images/signature" "$1" random ;;
	esac
}

# same NAME: what was in the target, and before it, is there still; the table apart
same() {
	ok "$1: nothing in the partition changed" cmp -i $((start * 512)) -n 16777216 disk.img before.img
	ok "$1: nor before it" cmp -i $((40 * 512)) -n $(((start - 40) * 512)) disk.img before.img
}

unchanged() {
	before=$(image_sum disk.img)
	agent_run disk.img '"partition_only":true'
	is "$1: a second run has nothing to do" "$agent_event $agent_status $agent_changed $(image_sum disk.img)" "done 0 false $before"
}

start=20480
for kind in nothing:'' both:'' crypto_LUKS:crypto_LUKS LVM2_member:LVM2_member vfat:vfat squashfs:squashfs ext4:ext4; do
	random "${kind%:*}"
	"$images/gpt-disk" disk.img 32M part 1 2048 8M U ESP - - part 2 $start 16M L root - ./random
	cp disk.img before.img
	truncate -s 100M disk.img
	agent_run disk.img '"partition_only":true'
	is "${kind%:*}: grown" "$agent_event $agent_status $agent_changed $(content)" "done 0 true ${kind#*:}"
	is "${kind%:*}: steps" "$(steps)" 'write-table verify'
	is "${kind%:*}: no check, no resize" "$(grep -cE '"event":"(check|resize)"' "$agent_events")" 0
	is "${kind%:*}: sfdisk has its size" "$(sfdisk --json disk.img | jq -c '.partitiontable.partitions[1] | [.start, .size]')" "[$start,$(((204800 - 33 - start) / 8 * 8))]"
	ok "${kind%:*}: sgdisk finds nothing" sh -c 'sgdisk -v disk.img | grep -q "No problems found"'
	same "${kind%:*}"
	unchanged "${kind%:*}"
done
# What the old backup left is in the new room.
is "the new room is empty" "$(dd if=disk.img bs=512 skip=$((start + 32768)) count=100000 status=none | tr -d '\0' | wc -c)" 0

random swap
"$images/mbr-disk" disk.img 32M part 1 512 8M c boot ext4 part 2 $start 16M 83 - ./random
cp disk.img before.img
truncate -s 100M disk.img
agent_run disk.img '"partition_only":true,"partition":2'
is "MBR: grown" "$agent_event $agent_changed $(content)" 'done true swap'
is "MBR: sfdisk has its size" "$(sfdisk --json disk.img | jq -c '.partitiontable.partitions[1] | [.start, .size]')" "[$start,$((204800 - start))]"
same MBR
unchanged MBR

agent_run disk.img '"partition_only":true,"partition":1'
is "a partition in the middle: up to the next one" "$(sfdisk --json disk.img | jq '.partitiontable.partitions[0].size')" $((start - 512))
refused "no room behind" disk.img no-room-behind '"partition_only":true,"partition":1'
truncate -s 32M whole.img
mke2fs -q -F -t ext4 whole.img
truncate -s 64M whole.img
refused "a disk without a table" whole.img table-not-mbr '"partition_only":true'
is "a disk without a table: it says so" "$(message)" 'the disk has no partition table, and so no partition to grow'
"$images/mbr-disk" disk.img 32M part 1 512 8M 83 boot ext4 part 2 $start 16M 83 - -
truncate -s 3T disk.img
agent_run disk.img '"partition_only":true'
is "beyond 2 TiB: refused" "$agent_event $agent_reason" 'fault mbr-2tib'
done_testing
