#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A swap that makes room, through the virtual machine: its kernel knows the partitions, and has to forget the one that moves
# before the root can grow. As the installers of Debian leave a disk: an MBR with swap in an extended partition, and a GPT.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
cd "$work" || exit 1
export GROW_DISK_GUEST_DIR="$build"

truncate -s 6M swap
mkswap -L pages swap >said 2>&1
"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4 '-b 4096'
printf '67584,16384,5\n' | sfdisk -q --append disk.img
printf '69632,12288,82\n' | sfdisk -q --append disk.img
dd if=swap of=disk.img bs=512 seek=69632 conv=notrunc status=none
cp disk.img before.img
"$grow_disk" --json --plan --accel tcg --move-swap disk.img 200M >plan 2>said || cat said
is "the plan" "$(jq -c '[.changed, .partition.number, .partition.chosen_by, .moved]' plan)" '[true,1,"before-swap",{"partition":5,"from_lba":69632,"to_lba":395264}]'
ok "the plan changes nothing" cmp disk.img before.img
"$grow_disk" --json --accel tcg --move-swap disk.img 200M >result 2>said || cat said
is "in an extended partition: grown" "$(jq -c '[.changed, .moved.to_lba, .fence.differing_bytes]' result)" '[true,395264,0]'
is "in an extended partition: the places" "$(sfdisk --json disk.img | jq -c '[.partitiontable.partitions[] | [.start, .size]]')" '[[2048,391168],[393216,16384],[395264,12288]]'
ok "in an extended partition: e2fsck finds nothing" e2fsck -fn 'disk.img?offset=1048576'
is "in an extended partition: the file system fills it" "$(dumpe2fs -h 'disk.img?offset=1048576' 2>/dev/null | sed -n 's/^Block count: *//p')" $((391168 / 8))
ok "in an extended partition: the header of the swap is what it was" cmp -i $((395264 * 512)):0 -n 4096 disk.img swap
sum=$(image_sum disk.img)
"$grow_disk" --json --accel tcg --move-swap disk.img 200M >result 2>said || cat said
is "a second run has nothing to do" "$(jq -c '[.changed, .moved]' result) $(image_sum disk.img)" "[false,null] $sum"

"$images/gpt-disk" --format qcow2 disk.qcow2 512M part 2 2048 400M L / - xfs '-L root' part 1 825344 6M S swap - ./swap
"$grow_disk" --json --accel tcg --move-swap --partition LABEL=root disk.qcow2 1G >result 2>said || cat said
is "GPT, xfs: grown" "$(jq -c '[.changed, .filesystem.type, .moved.partition, .fence.differing_bytes]' result)" '[true,"xfs",1,0]'
qemu-img convert -O raw disk.qcow2 now.img
ok "GPT, xfs: sgdisk finds nothing" sh -c 'sgdisk -v now.img | grep -q "No problems found"'
to=$(jq .moved.to_lba result)
is "GPT, xfs: the places" "$(sfdisk --json now.img | jq -c '[.partitiontable.partitions[] | [.start, .size]] | sort')" "[[2048,$((to - 2048))],[$to,12288]]"
ok "GPT, xfs: the header of the swap is what it was" cmp -i $((to * 512)):0 -n 4096 now.img swap
dd if=now.img of=root.img bs=1M skip=1 count=$(((to - 2048) / 2048)) conv=sparse status=none
ok "GPT, xfs: xfs_repair finds nothing" xfs_repair -n root.img
is "GPT, xfs: the file system fills it" "$(xfs_db -r -c 'sb 0' -c 'print dblocks' root.img)" "dblocks = $(((to - 2048) / 8))"
done_testing
