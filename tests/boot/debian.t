#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A real Debian, killed while it writes, so that its journal has to be replayed; grown, and kept because it boots as before; boots
# again and is well.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/qemu.sh
. "$tests/lib/qemu.sh"

what="a Debian with a dirty journal is grown and boots"
cd "$work" || exit 1
if ! need "$what" grub-mkimage; then done_testing; fi
root=$("$images/debian-root")
case $? in
0) ;;
30) skip "$what" "$root" && done_testing ;;
*) ok "a Debian is made" false && done_testing ;;
esac

ok "the disk is made" "$images/grub-disk" disk.img 273M 256M "$root" '' /grow-test

# The power fails when it has written for a while.
qemu_disk disk.img raw written.log >qemu.log 2>&1 &
qemu_pid=$!
writes_or_ended() { grep -q '^written: 25' written.log || ! kill -0 "$qemu_pid"; }
await writes_or_ended || await writes_or_ended # a boot takes its time on a busy machine
kill -KILL "$qemu_pid"
wait "$qemu_pid" 2>/dev/null
qemu_pid=
ok "it was writing when it was killed" grep -q '^written: 25' written.log || tail -n 5 written.log qemu.log | sed 's/^/#   /'
fs="disk.img?offset=$((34816 * 512))"
dumpe2fs -h "$fs" >superblock 2>/dev/null
ok "its journal has to be replayed" grep -q needs_recovery superblock
qemu-img convert -f raw -O qcow2 disk.img disk.qcow2

ok "the facts are taken down" "$judge" before disk.qcow2 2 facts --repaired p
grow_it() {
	GROW_DISK_GUEST_DIR=$build "$grow_disk" --accel tcg --attach ide --prove-boot='^packages: [0-9]' --json disk.qcow2 4G >result
}
ok "it is grown, and proven to boot" grow_it
is "both boots are told" "$(jq -r '[.boot.milestone, .boot.before.milestone, .boot.after.milestone, .changed] | map(tostring) | join(" ")' <result)" 'expected expected expected true'
ok "the judge is content" "$judge" after disk.qcow2 facts --size 4294967296
ok "it boots and powers off" boots disk.qcow2 qcow2 after.log || tail -n 20 after.log | sed 's/^/#   /'
is "it reads what was written before" "$(said after.log begun)" 'written before the power failed'
packages=$(grep -c '  \./var/lib/dpkg/info/.*\.list$' facts/files)
is "dpkg knows its packages" "$(said after.log packages)" "$packages"
ok "and there are many" test "$packages" -gt 40
is "dpkg finds nothing wrong" "$(said after.log audit)" 0
is "programs are as their package says" "$(said after.log sums)" 0
ok "/ is larger" test "$(said after.log 'root KiB')" -gt 3800000
diag "$packages packages; / has $(said after.log 'root KiB') KiB"
is "no QEMU is left" "$(processes_in "$work")" ''
done_testing
