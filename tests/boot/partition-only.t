#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The partition alone, through the virtual machine.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
cd "$work" || exit 1
export GROW_DISK_GUEST_DIR="$build"
start=20480 bytes=16777216

"$images/signature" crypto_LUKS content
"$images/gpt-disk" --format qcow2 disk.qcow2 32M part 1 2048 8M U ESP - - part 2 $start 16M L root - ./content
qemu-img convert -O raw disk.qcow2 before.img
"$grow_disk" --plan --json --partition-only --accel tcg disk.qcow2 1G >plan 2>/dev/null
is "the plan: it would change" "$(jq -c '[.changed, .filesystem.type, .filesystem.blocks_after]' plan)" '[true,"crypto_LUKS",null]'
"$grow_disk" --partition-only --accel tcg disk.qcow2 1G >said 2>&1
is "LUKS: grown" $? 0
ok "LUKS: it says what is left to do" grep -q '^content  *LUKS, keeps its size; grow it in its system: cryptsetup resize' said
qemu-img convert -O raw disk.qcow2 now.img
is "LUKS: sfdisk has its size" "$(sfdisk --json now.img | jq '.partitiontable.partitions[1].size')" $(((2097152 - 33 - start) / 8 * 8))
ok "LUKS: sgdisk finds nothing" sh -c 'sgdisk -v now.img | grep -q "No problems found"'
ok "LUKS: nothing in it changed" cmp -i $((start * 512)) -n $bytes now.img before.img
ok "LUKS: nor in the other partition" cmp -i $((2048 * 512)) -n 8388608 now.img before.img
sum=$(image_sum disk.qcow2)
"$grow_disk" --json --partition-only --accel tcg disk.qcow2 >again 2>/dev/null
is "a second run has nothing to do" "$(jq .changed again) $(image_sum disk.qcow2)" "false $sum"
is "nothing is left" "$(find . -name "*.grow-disk.*")" ""
done_testing
