#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest for aarch64, emulated: it has the same files, and grows disks of x86-64 machines as well as the other one does.
# FULL=1, as `make check-aarch64` has it: also whole cases, with the programs of the tools disk.
# shellcheck disable=SC2016,SC2154  # scripts for other shells are in single quotes; build, images, grow_disk, judge and work come from tap.sh
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

cd "$work" || exit 1
need 'aarch64' qemu-system-aarch64 qemu-img jq readelf cpio sgdisk || done_testing
[ -e "$build/aarch64/kernel" ] || { skip 'aarch64' 'the guest is not built: make guest-aarch64' && done_testing; }
export GROW_DISK_GUEST_DIR="$build" XDG_CACHE_HOME="$work/cache" TMPDIR="$work/tmp"
mkdir tmp tree

# -- what is in it ------------------------------------------------------------------
(cd tree && cpio -idm --quiet --no-preserve-owner <"$build/aarch64/initramfs.cpio" 2>/dev/null)
for program in /init /bin/busybox /sbin/e2fsck /sbin/resize2fs /sbin/sfdisk; do
	is "$program is for aarch64, and static" \
		"$(readelf -h "tree$program" | sed -n 's/^ *Machine: *//p') $(readelf -l "tree$program" | grep -c INTERP)" 'AArch64 0'
done
is 'the same files as in the other guest' "$(cd tree && find . | sort | sha256sum)" \
	"$(mkdir other && cd other && cpio -idm --quiet --no-preserve-owner <"$build/initramfs.cpio" 2>/dev/null; find . | sort | sha256sum)"
ok 'it has a build id of its own' sh -c '! cmp -s "$1/build-id" "$1/aarch64/build-id"' - "$build"

# -- the shell, and that it is this guest ---------------------------------------------
"$images/openwrt-disk" openwrt.img
is 'rescue-disk: a command, and the disk' \
	"$("$source_tree/hostscripts/rescue-disk" --quiet --guest-arch aarch64 --accel tcg openwrt.img -- sh -c 'uname -m; mount -o ro /dev/sda2 /mnt && ls /mnt/checksums.sha256' 2>&1 | tr '\n' ' ')" \
	'aarch64 /mnt/checksums.sha256 '

# -- cold, then warm --------------------------------------------------------------------
for start in cold warm; do
	cp --sparse=always openwrt.img disk.img
	rm -rf facts
	"$judge" before disk.img 2 facts
	"$grow_disk" --json --guest-arch aarch64 --accel tcg disk.img 1G >result 2>said
	is "OpenWrt, $start: grown" "$? $(jq -r '"\(.changed) \(.accelerator) \(.start) \(.fence.differing_bytes)"' result)" "0 true tcg $start 0" ||
		sed 's/^/#   /' said
	diag "OpenWrt, $start: $(jq -r .timings_ms.total result) ms"
	ok "OpenWrt, $start: the judge is content" "$judge" after disk.img facts --size 1073741824
done

# -- a UEFI disk ---------------------------------------------------------------------------
"$images/uefi-disk" uefi.img 64M halt
rm -rf facts
"$judge" before uefi.img 2 facts
"$grow_disk" --json --guest-arch aarch64 --accel tcg uefi.img 2G >result 2>said
is 'a UEFI disk: grown' "$? $(jq -r '"\(.table.type) \(.changed)"' result)" '0 gpt true' || sed 's/^/#   /' said
ok 'a UEFI disk: the judge is content' "$judge" after uefi.img facts --size 2147483648
ok 'a UEFI disk: sgdisk finds no problem' sh -c 'sgdisk -v "$1" | grep -q "No problems found"' - uefi.img

[ "${FULL:-0}" = 1 ] || done_testing
# -- whole cases: what is in them is judged as with the other guest -----------------------
# Another format, a plan, damage that is repaired; xfs, btrfs and f2fs.
for case in 01-openwrt-qcow2 06-plan 14-orphan-file 17-swap 21-damage-safe 28-gpt-xfs 29-gpt-btrfs 29-gpt-f2fs 51-gpt; do
	ok "$case" env CASE_GUEST_ARCH=aarch64 ACCEL=tcg FULL=1 "$tests/lib/boot-case" "$tests/boot/$case"
done
done_testing
