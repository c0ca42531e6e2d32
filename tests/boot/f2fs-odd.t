#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# f2fs that was not unmounted, with features that the kernel of the machine cannot mount: refused by name.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'f2fs in odd states' qemu-system-x86_64 mkfs.f2fs fsck.f2fs || done_testing
cd "$work" || exit 1
export GROW_DISK_GUEST_DIR="$build"

for feature in quota casefold; do
	rm -f disk.img
	truncate -s 200M disk.img
	mkfs.f2fs -q -f -O $feature disk.img >said 2>&1
	"$images/f2fs-mark" disk.img 0 1
	ok "$feature: fsck.f2fs sees that it was not unmounted" sh -c '! fsck.f2fs --dry-run disk.img </dev/null | grep "checkpoint state" | grep -w unmount'
	sum=$(image_sum disk.img)
	status=0
	"$grow_disk" --json --accel tcg disk.img 1G >result 2>said || status=$?
	is "$feature: refused" "$status $(jq -r .reason result)" '10 fs-feature' || cat said
	is "$feature: the image is what it was" "$(image_sum disk.img)" "$sum"
done
done_testing
