#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The generators of test disks make what they say, the same each time, and leave nothing behind.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

mkdir "$work/a place" "$work/other place"
cd "$work" || exit 1
disk="$work/a place/Platte ü.img"
ok "openwrt-disk" env TMPDIR="$work/a place" "$images/openwrt-disk" "$disk"
sleep 1.1 # times of files have moved on
ok "openwrt-disk again, elsewhere, by a relative name, as qcow2" \
	env TMPDIR="$work/other place" "$images/openwrt-disk" --format qcow2 'other place/disk.qcow2'
is "nothing is left beside it" "$(find "a place" "other place" -type f | sort | tr '\n' ' ')" 'a place/Platte ü.img other place/disk.qcow2 '
ok "qcow2 it is" qemu-img info -f qcow2 'other place/disk.qcow2'
qemu-img convert -f qcow2 -O raw 'other place/disk.qcow2' again.raw
ok "the same bytes each time" cmp "$disk" again.raw
is "the disk has 121 MiB" "$(stat -c %s "$disk")" $((121 * 1048576))
is "its table is OpenWrt's" "$(sfdisk --json again.raw | jq -c '.partitiontable | [.label, .id, (.partitions[] | [.start, .size, .type, .bootable])]')" \
	'["dos","0x4f575254",[512,32768,"83",true],[33792,212992,"83",null]]'
fs="again.raw?offset=$((33792 * 512))"
ok "the root is clean" e2fsck -fn "$fs"
is "its label and block size" "$(dumpe2fs -h "$fs" 2>/dev/null | sed -n 's/^Filesystem volume name: *//p; s/^Block size: *//p' | tr '\n' ' ')" 'rootfs 1024 '
mkdir out
debugfs -R 'rdump / out' "$fs" >/dev/null 2>&1
ok "every file is as its checksum says" sh -c 'cd out && sha256sum --quiet -c checksums.sha256'
is "there are many of them" "$(($(wc -l <out/checksums.sha256) > 100))" 1
is "owners are fixed" "$(debugfs -R 'stat /etc/shadow' "$fs" 2>/dev/null | sed -n 's/^User: *\([0-9]*\) *Group: *\([0-9]*\).*/\1 \2/p')" '0 0'
is "there is boot code" "$(head -c 440 "$disk" | tr -d '\0' | wc -c)" 440
is "there is something in the gap" "$(dd if="$disk" bs=512 skip=1 count=511 status=none | tr -d '\0' | wc -c)" $((511 * 512))

ok "mbr-disk: out of order, oddly aligned, a file, nothing" "$images/mbr-disk" --id 0x1 odd.img 40M \
	part 3 63 7M 83 - ext2 '-b 2048' part 1 40001 8M c boot "$images/../images/tree" part 2 20480 1M 82 - - part 4 60000 4M 83 - ext3
is "its table" "$(sfdisk -d odd.img | tr -d ' ' | sed -n 's/^[^:]*img//p' | tr '\n' ' ')" \
	'1:start=40001,size=16384,type=c,bootable 2:start=20480,size=2048,type=82 3:start=63,size=14336,type=83 4:start=60000,size=8192,type=83 '
ok "ext2 at an odd place" e2fsck -fn "odd.img?offset=$((63 * 512))"
ok "ext3 behind it" e2fsck -fn "odd.img?offset=$((60000 * 512))"
ok "the file is there" cmp -n 500 -i 0:$((40001 * 512)) "$images/tree" odd.img
ok "gpt-disk: out of order, a name, an identifier, a file system" "$images/gpt-disk" gpt.img 40M \
	part 15 2048 8M U 'EFI' - - part 1 18432 8M L - 11111111-2222-3333-4444-555555555555 ext4 '-L root'
is "its table" "$(sfdisk --json gpt.img | jq -c '.partitiontable | [.label, .id, .firstlba, .lastlba, (.partitions[] | [.start, .size, .type, .uuid, .name])]')" \
	'["gpt","9D0B5E5E-0000-4000-A000-000000000000",34,81886,[18432,16384,"0FC63DAF-8483-4772-8E79-3D69D8477DE4","11111111-2222-3333-4444-555555555555",null],[2048,16384,"C12A7328-F81F-11D2-BA4B-00A0C93EC93B","9D0B5E5E-0000-4000-9000-000000000015","EFI"]]'
ok "another reader finds no fault with it" sh -c 'sgdisk -v gpt.img | grep -q "^No problems found"'
ok "ext4 in it" e2fsck -fn "gpt.img?offset=$((18432 * 512))"
"$images/gpt-disk" again.img 40M part 15 2048 8M U 'EFI' - - part 1 18432 8M L - 11111111-2222-3333-4444-555555555555 ext4 '-L root'
ok "the same bytes each time" cmp gpt.img again.img
ok "gpt-disk: sectors of 4096 bytes, 56 entries" "$images/gpt-disk" --sector 4096 --entries 56 large.img 40M part 1 1024 8M L root - ext4
is "its header" "$(od -An -tx1 -j 4096 -N 8 large.img)$(od -An -tu4 -j $((4096 + 80)) -N 8 large.img | tr -s ' ')" ' 45 46 49 20 50 41 52 54 56 128'
ok "ext4 in it" e2fsck -fn "large.img?offset=$((1024 * 4096))"
cp odd.img poked.img
"$images/poke" poked.img 1000000 00 41ff
is "poke writes what it shall" "$(od -An -tx1 -j 1000000 -N 3 poked.img)" ' 00 41 ff'
is "and nothing else" "$(cmp -l odd.img poked.img | awk '$1 <= 1000000 || $1 > 1000003')" ''
for kind in xfs LVM2_member crypto_LUKS squashfs vfat; do
	"$images/signature" "$kind" signature.img
	is "signature: blkid finds $kind" "$(blkid -p -o value -s TYPE signature.img)" "$kind"
done
done_testing
