#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A grown disk still boots: GRUB in its MBR, kernel on p1, a small root on p2; from the disk itself, before and after.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/qemu.sh
. "$tests/lib/qemu.sh"

loop='' logs=''
test_cleanup() {
	[ -z "$loop" ] || as_root losetup -d "$loop"
	[ -z "$logs" ] || rm -rf -- "$logs"
}

cd "$work" || exit 1
if ! need "a grown disk still boots" grub-mkimage; then done_testing; fi
if [ ! -e /usr/lib/grub/i386-pc/boot.img ]; then
	skip "a grown disk still boots" "the package grub-pc-bin is not here"
	done_testing
fi

"$images/busybox-root" root
ok "the disk is made" "$images/grub-disk" disk.img 81M 64M root '-b 1024 -L rootfs'
ok "before: it boots and powers off" boots disk.img raw before.log || sed 's/^/#   /' before.log
is "before: it reads its files" "$(said before.log banner)" 'grow-disk sample'
qemu-img convert -f raw -O qcow2 disk.img disk.qcow2
cp --sparse=always disk.img device.img
size_before=$(said before.log 'root KiB')
library=$(said before.log library)
diag "before: / has $size_before KiB"

for image in disk.img disk.qcow2; do
	"$judge" before "$image" 2 "facts.$image"
	ok "$image is grown" env GROW_DISK_GUEST_DIR="$build" "$grow_disk" --accel tcg "$image" 1G
	ok "$image: the judge is content" "$judge" after "$image" "facts.$image" --size 1073741824
	format=raw
	[ "$image" = disk.img ] || format=qcow2
	ok "$image: it boots and powers off" boots "$image" "$format" after.log || sed 's/^/#   /' after.log
	is "$image: it came through GRUB" "$(tr -d '\r' <after.log | grep -c 'GRUB runs')" 1
	is "$image: it reads its files" "$(said after.log banner)" 'grow-disk sample'
	is "$image: a larger file is what it was" "$(said after.log library)" "$library"
	size_after=$(said after.log 'root KiB')
	diag "after: / has $size_after KiB"
	ok "$image: / is larger" test "${size_after:-0}" -gt $((size_before * 10))
done

# The same on a block device, which has been enlarged; it boots from the device.
truncate -s 1G device.img
! can_be_root || loop=$(as_root losetup -f --show device.img 2>losetup.log) || loop=''
if [ -n "$loop" ]; then
	logs=$(mktemp -d "$build/grub-logs.XXXXXX")
	ok "a device is grown" as_root env GROW_DISK_GUEST_DIR="$build" "$grow_disk" --work-dir "$logs" "$loop"
	as_root "$source_tree/hostscripts/try-disk" --quiet --attach scsi "$loop" >after.log 2>err.log
	is "a device: it boots and powers off" "$? $(said after.log banner)" '0 grow-disk sample' || sed 's/^/#   /' err.log
	size_after=$(said after.log 'root KiB')
	ok "a device: / is larger" test "${size_after:-0}" -gt $((size_before * 10))
	as_root losetup -d "$loop" && loop=''
else
	skip "a device is grown" "needs root and loop devices"
fi
is "no QEMU is left" "$(processes_in "$work")" ''
done_testing
