#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A partition by what it is called, with room left free at the end, through the virtual machine.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
cd "$work" || exit 1
export GROW_DISK_GUEST_DIR="$build"

size() {
	qemu-img convert -O raw disk.qcow2 now.img
	sfdisk --json now.img | jq ".partitiontable.partitions[$1].size"
}

"$images/gpt-disk" --format qcow2 disk.qcow2 64M part 1 2048 8M U ESP - - part 2 32768 16M L root - ext4 '-L rootfs' part 3 98304 8M L data - ext4 '-L data'
for wish in LABEL=rootfs root PARTLABEL=root PARTUUID=9d0b5e5e-0000-4000-9000-000000000002; do
	"$grow_disk" --plan --json --accel tcg --partition "$wish" disk.qcow2 >plan 2>/dev/null
	is "$wish: the plan" "$(jq -c '[.partition.number, .partition.chosen_by]' plan)" "[2,\"$(echo "${wish%%=*}" | tr '[:upper:]' '[:lower:]' | sed 's/^root$/root-name/')\"]"
done
ok "by its label: grown" "$grow_disk" --quiet --accel tcg --partition LABEL=rootfs disk.qcow2
is "by its label: up to the next one" "$(size 1)" $((98304 - 32768))
ok "by its label: e2fsck finds nothing" e2fsck -fn 'now.img?offset=16777216'
ok "room left free, and a power of two: grown" "$grow_disk" --quiet --accel tcg --leave 10M --size-power-of-two disk.qcow2 100M
is "the size of the disk" "$(qemu-img info --output=json disk.qcow2 | jq '."virtual-size"')" 134217728
is "the last partition ends before the room" "$(size 2)" $(((262144 - 33 - 20480 - 98304) / 8 * 8))
ok "sgdisk finds nothing" sh -c 'sgdisk -v now.img | grep -q "No problems found"'
ok "e2fsck finds nothing" e2fsck -fn 'now.img?offset=50331648'
sum=$(image_sum disk.qcow2)
for size in 100M ''; do
	# shellcheck disable=SC2086  # no word at all
	"$grow_disk" --json --accel tcg --leave 10M --size-power-of-two disk.qcow2 $size >again 2>/dev/null
	is "a second run (${size:-no size}) has nothing to do" "$(jq .changed again) $(image_sum disk.qcow2)" "false $sum"
done
done_testing
