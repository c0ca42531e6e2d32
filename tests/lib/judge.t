#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The judge can be trusted: it accepts a disk that was grown with native tools, and sees each single thing that was
# changed besides.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=tap.sh
. "$tests/lib/tap.sh"

# A disk of three partitions; the last by place, number 1, is grown by sfdisk and resize2fs.
disk=$work/disk.img fs_at=$((75776 * 512))
"$images/mbr-disk" "$disk" 64M part 2 512 8M 83 boot ext2 '-b 1024' part 3 20480 16M 82 - - \
	part 1 75776 16M 83 - ext4 '-b 1024 -L rootfs'
ok "takes down the facts" "$judge" before "$disk" 1 "$work/facts"

# grow DISK: by native tools alone
grow() {
	truncate -s 128M "$1"
	echo ', +' | sfdisk -q --no-reread --no-tell-kernel -N 1 "$1" >/dev/null 2>&1
	dd if="$1" of="$work/fs" bs=1M iflag=skip_bytes skip="$fs_at" conv=sparse status=none
	truncate -s $((134217728 - fs_at)) "$work/fs"
	e2fsck -fp "$work/fs" >/dev/null
	resize2fs "$work/fs" >/dev/null 2>&1
	dd if="$work/fs" of="$1" bs=1M oflag=seek_bytes seek="$fs_at" conv=notrunc,sparse status=none
}

grown=$work/grown.img
cp "$disk" "$grown"
grow "$grown"
ok "a disk grown with native tools is accepted" "$judge" after "$grown" "$work/facts" --size 134217728
qemu-img convert -f raw -O qcow2 "$grown" "$work/grown.qcow2"
ok "and so is the same as qcow2" "$judge" after "$work/grown.qcow2" "$work/facts" --size 134217728

# sees NAME WORDS COMMAND...: after the command on a copy, the judge complains with these words, and no others
sees() {
	what=$1 words=$2
	shift 2
	cp --sparse=always -- "$grown" "$work/bad.img"
	"$@" "$work/bad.img" >/dev/null 2>&1
	said=$("$judge" after "$work/bad.img" "$work/facts" --size 134217728)
	status=$?
	is "$what: judged bad" "$status" 1
	is "$what: and says so" "$(printf '%s\n' "$said" | grep -c "^judge: .*$words")" 1 || printf '%s\n' "$said" | sed 's/^/# /'
}

# patch OFFSET OCTAL FILE: one byte
patch() {
	# shellcheck disable=SC2059  # an octal escape is made of it
	printf "\\$2" | dd of="$3" bs=1 seek="$1" conv=notrunc status=none
}
fs_debug() {
	debugfs -w -R "$1" "$2?offset=$fs_at"
}
# A file has other contents, and nothing else of it is different.
other_contents() {
	block=$(debugfs -R 'blocks /lib/library' "$1?offset=$fs_at" 2>/dev/null | tr ' ' '\n' | sed -n 3p)
	patch $((fs_at + block * 1024 + 7)) 101 "$1"
}
shrink_fs() {
	dd if="$1" of="$work/fs" bs=1M iflag=skip_bytes skip="$fs_at" conv=sparse status=none
	resize2fs "$work/fs" $((90112 - 8193))K
	dd if="$work/fs" of="$1" bs=1M oflag=seek_bytes seek="$fs_at" conv=notrunc status=none
}
no_table() { patch 510 0 "$1"; }
not_to_the_end() { echo ', 80000' | sfdisk -q --no-reread --no-tell-kernel -N 1 "$1"; }
other_type() { sfdisk -q --part-type "$1" 1 c; }

sees "one byte of the boot code" "boot code changed" patch 439 0
sees "one byte of the disk signature" "disk signature changed" patch 441 0
sees "one byte of the gap" "gap-before-2 .* changed" patch 200000 1
sees "one byte of another partition" "partition-2 .* changed" patch 5000000 1
sees "one byte of a partition that holds no file system" "partition-3 .* changed" patch $((20480 * 512)) 1
sees "one byte between two partitions" "gap-before-1 .* changed" patch $((20480 * 512 + 16777216)) 1
sees "the boot flag of another entry" "entry . of the table changed" patch 462 0
sees "the end of another entry" "entry . of the table changed" patch 474 1
sees "the type of the target" "entry . of the table changed" other_type
sees "the start of the target" "entry . of the table changed" patch 454 1
sees "a table without its mark" "mark of the table changed" no_table
sees "a partition that ends too early" "ends before sector" not_to_the_end
sees "a file system that does not fill it" "not filled" shrink_fs
sees "other contents of a file" "files changed" other_contents
sees "another mode of a file" "files changed" fs_debug 'sif /etc/shadow mode 0100644'
sees "another owner of a file" "files changed" fs_debug 'sif /etc/shadow uid 7'
sees "a missing file" "files changed" fs_debug 'rm /etc/empty'
sees "another label" "superblock changed" fs_debug 'ssv volume_name other'
sees "an inconsistent file system" "e2fsck -fn says" fs_debug 'freei /etc/banner'
said=$("$judge" after "$grown" "$work/facts" --size 1)
is "another size of the disk" $? 1
mkdir "$work/judges place"
TMPDIR="$work/judges place" "$judge" after "$grown" "$work/facts"
is "it works in a folder with a blank in its name" $? 0
is "and leaves nothing behind there" "$(ls -A "$work/judges place")" ''
done_testing
