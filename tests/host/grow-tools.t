#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The tools disk: without it, and with that of another build, an xfs is refused and ext4 is grown all the same.
set -u
tests=$(dirname "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'the tools disk' qemu-system-x86_64 qemu-img jq mkfs.xfs debugfs || done_testing

mkdir "$work/guest" "$work/tmp"
cp "$build/kernel" "$build/initramfs.cpio" "$build/build-id" "$work/guest/"
export TMPDIR="$work/tmp" GROW_DISK_GUEST_DIR="$work/guest"
"$images/mbr-disk" "$work/disk" 420M part 1 2048 16M 83 boot ext4 part 2 40960 400M 83 - xfs
"$images/openwrt-disk" "$work/openwrt"
sum=$(image_sum "$work/disk")

# refused NAME SENTENCE OPTION...
refused() {
	name=$1 sentence=$2
	shift 2
	"$grow_disk" --json --accel tcg "$@" "$work/disk" 1G >"$work/result" 2>"$work/err"
	is "$name: status" $? 40
	is "$name: reason" "$(jq -r .reason "$work/result")" fs-tools-missing
	ok "$name: says why" grep -qF -- "$sentence" "$work/err"
	is "$name: the image is what it was" "$(image_sum "$work/disk")" "$sum"
}

refused 'no tools disk' 'cannot be read'
refused 'a plan without it' 'cannot be read' --plan
cp "$build/tools.img" "$work/guest/tools.img"
printf 'another\n' >"$work/build-id"
debugfs -w -R 'rm build-id' "$work/guest/tools.img" >/dev/null 2>&1
debugfs -w -R "write $work/build-id build-id" "$work/guest/tools.img" >/dev/null 2>&1
refused 'one of another build' 'belongs to another build'
head -c 1048576 /dev/zero >"$work/guest/tools.img"
refused 'one that is none' 'cannot be mounted'
rm "$work/guest/tools.img"
"$grow_disk" --json --accel tcg "$work/openwrt" 1G >"$work/result" 2>"$work/err"
is 'ext4 needs no tools disk' "$?$(jq -r .changed "$work/result")" 0true
done_testing
