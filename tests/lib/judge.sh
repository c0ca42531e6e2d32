#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# judge.sh: was a disk grown as promised? Judged by sfdisk, e2fsck, debugfs, dumpe2fs, sha256sum (others than ext: judge-fs.sh);
# never by what grow-disk says about itself.
#
#   judge.sh before IMAGE N FACTS [OPTION]...   note down, in the new folder FACTS, what must survive; N: the partition
#       --repaired p|y    what must survive is what `e2fsck -f -p` or `-y` makes of the file system (journal, damage);
#                         of xfs and btrfs, what a mount finds
#   judge.sh after IMAGE FACTS [OPTION]...      status 0 if all is as it should be; else each complaint in a line, 1
#       --size BYTES      the disk shall have this size
#       --end LBA         the partition shall end before this sector (default: the end of the disk, or what MBR can say)
#       --quick           do not compare with native resize2fs when the last group was dropped
#       --odd             the table is one that sgdisk does not take, though it is whole
#
# With a GPT, gpt.pl computes every byte of both copies and of the first sector, and sgdisk has to find no problem.
#
# IMAGE is raw or qcow2; FACTS must not have a '?' in its path (e2fsprogs takes what follows for options).
set -eu

LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ
PATH=$PATH:/usr/sbin:/sbin
mbr_sectors=4294967295
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=judge-fs.sh
. "$here/judge-fs.sh"

usage() {
	sed -n '/^#   judge/s/^# //p' "$0" >&2
	exit 2
}

# open_disk IMAGE: $disk is a raw file with its contents.
open_disk() {
	case $(head -c 4 -- "$1" | od -An -tx1 | tr -d ' ') in
	514649fb)
		disk=$work/disk.raw
		qemu-img convert -f qcow2 -O raw -- "$1" "$disk"
		;;
	*)
		disk=$work/link.raw # no name of a user in the output of sfdisk or the options of e2fsprogs
		ln -s -- "$(readlink -f -- "$1")" "$disk"
		;;
	esac
	sector=512
	[ "$(dd if="$disk" bs=4096 skip=1 count=1 status=none | head -c 8)" != 'EFI PART' ] || sector=4096
	disk_sectors=$(($(stat -L -c %s -- "$disk") / sector))
}

# The table without names and sizes of files: one entry a line: number start size type flag.
table_of() {
	if [ "$sector" != 512 ]; then # sfdisk has no option for it
		fdisk -b "$sector" -l -o Device,Start,Sectors,Type-UUID,Attrs,UUID,Name "$1" >"$work/fdisk" 2>&1
		echo "label gpt $(sed -n 's/^Disk identifier: //p' "$work/fdisk") $sector"
		sed -n "s|^$1\\([0-9]\\)|\\1|p" "$work/fdisk" | tr -s ' '
		return 0
	fi
	sfdisk --json "$1" >"$work/json" 2>"$work/sfdisk" || {
		echo "no table: $(tail -n 1 "$work/sfdisk")"
		return 0
	}
	jq -r '.partitiontable | "label \(.label) \(.id) \(.sectorsize)",
		(.partitions[] | "\(.node | capture("(?<n>[0-9]+)$").n) \(.start) \(.size) \(.type) \(.bootable // false) \(.uuid) \(.attrs) \(.name)")' "$work/json"
}

# region FROM TO: the sha256 of these sectors of $disk.
region() {
	dd if="$disk" bs=1M iflag=skip_bytes,count_bytes skip=$(($1 * sector)) count=$((($2 - $1) * sector)) status=none | sha256sum | cut -d ' ' -f 1
}

# bytes FROM COUNT: as hexadecimal digits.
bytes() {
	od -An -v -tx1 -j "$1" -N "$2" "$disk" | tr -d ' \n'
}

# is_gpt FILE: is this a table of a GPT?
is_gpt() { grep -q '^label gpt ' "$1"; }

# The entries of an MBR as they are on the disk; of the target only what must not change (flag, start, type).
raw_entries() {
	for entry in 1 2 3 4; do
		at=$((446 + (entry - 1) * 16))
		if [ "$entry" = "$target" ]; then
			echo "entry $entry $(bytes $at 5) $(bytes $((at + 8)) 4)"
		else
			echo "entry $entry $(bytes $at 16)"
		fi
	done
}

# What lies outside the target, by its name: from sector, to sector. Up to the end that the disk has before the grow;
# what of it the target may take is not listed (see `allowed`).
outside() {
	awk -v target="$target" -v sectors="$disk_sectors" -v from_lba="$outside_from" '
		$1 != "label" { n++; number[n] = $1; from[n] = $2; to[n] = $2 + $3 }
		END {
			for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (from[j] < from[i]) {
				t = from[i]; from[i] = from[j]; from[j] = t; t = to[i]; to[i] = to[j]; to[j] = t
				t = number[i]; number[i] = number[j]; number[j] = t
			}
			at = from_lba
			for (i = 1; i <= n; i++) {
				if (from[i] > at && !after_target) print "gap-before-" number[i], at, from[i]
				if (number[i] != target) print "partition-" number[i], from[i], to[i]
				after_target = number[i] == target
				at = to[i]
			}
		}' "$1"
}

# superblock FIELD-NAME: from dumpe2fs
superblock() {
	sed -n "s/^$1: *//p" "$work/dumpe2fs"
}

read_superblock() {
	dumpe2fs -h "$1" >"$work/dumpe2fs" 2>/dev/null
}

# files FS: every file of it: sha256 or link target, then inode, mode, owner, size, links, time as debugfs tells them;
# of directories not size and flags, since any full e2fsck indexes those that have no index yet.
files() {
	rm -rf -- "$work/files"
	mkdir -- "$work/files"
	debugfs -R "rdump / \"$work/files\"" "$1" >/dev/null 2>"$work/rdump"
	chmod -R u+rwX -- "$work/files"
	(
		cd -- "$work/files"
		find . -type f -exec sha256sum {} + | sort -k 2
		find . -type l -printf '%l  %p\n' | sort
		find . ! -name '*"*' | sort | sed 's/^\.//; s/.*/stat "&"/; s/^stat ""$/stat "\/"/' >"$work/stats"
		[ "$(wc -l <"$work/stats")" -gt 2 ] || echo "there are no files in it"
	)
	debugfs -f "$work/stats" "$1" 2>/dev/null |
		awk '/^debugfs: stat/ || /^ *mtime:/ { print }
			/^Inode:/ { directory = /Type: directory/; if (directory) sub(/ Flags:.*/, ""); print }
			/^User:/ { if (directory) sub(/ Size:.*/, ""); print }
			/^Links:/ { sub(/ Blockcount:.*/, ""); print }'
	rm -rf -- "$work/files"
}

before() {
	[ $# -ge 3 ] || usage
	target=$2 facts=$3 repaired=
	[ "${4:-}" != --repaired ] || repaired=${5:?}
	mkdir -p -- "$facts"
	open_disk "$1"
	echo "$target" >"$facts/target"
	table_of "$disk" >"$facts/table"
	outside_from=1
	if is_gpt "$facts/table"; then # both copies are of another manner, and judged by gpt.pl
		outside_from=$("${0%/*}/gpt.pl" field "$disk" first "$sector")
		cp --sparse=always -- "$disk" "$facts/disk"
	else
		raw_entries >"$facts/entries"
	fi
	bytes 0 440 >"$facts/boot-code"
	bytes 440 6 >"$facts/signature"
	bytes 510 2 >"$facts/mark"
	outside "$facts/table" | while read -r name from to; do
		echo "$name $from $to $(region "$from" "$to")"
	done >"$facts/outside"
	read -r _ start size _ <<-LINE
		$(awk -v n="$target" '$1 == n' "$facts/table")
	LINE
	# The file system itself, for files after a repair and for native resize2fs.
	dd if="$disk" of="$facts/fs" bs=1M iflag=skip_bytes,count_bytes skip=$((start * sector)) count=$((size * sector)) conv=sparse status=none
	truncate -s $((size * sector)) "$facts/fs"
	kind_of "$facts/fs" >"$facts/kind"
	case $(cat "$facts/kind") in
	xfs | btrfs | f2fs | swap | squashfs)
		other_files "$disk" "$target" >"$facts/files"
		other_superblock "$facts/fs" >"$facts/superblock"
		return
		;;
	esac
	if [ -n "$repaired" ]; then
		e2fsck -f "-$repaired" "$facts/fs" >"$facts/e2fsck" 2>&1 || [ $? -lt 4 ] || {
			cat "$facts/e2fsck"
			exit 2
		}
	fi
	files "$facts/fs" >"$facts/files"
	grep -q '^Inode:' "$facts/files"
	read_superblock "$facts/fs"
	for field in 'Filesystem volume name' 'Filesystem UUID' 'Block size' 'Inode size' 'Blocks per group'; do
		echo "$field: $(superblock "$field")"
	done >"$facts/superblock"
}

complain() {
	printf 'judge: %s\n' "$*" | tee -a "$work/complaints"
}

# same WHAT FILE: standard input is what FILE says
same() {
	cat >"$work/now"
	cmp -s -- "$work/now" "$facts/$2" && return 0
	complain "$1 changed"
	diff -- "$facts/$2" "$work/now" | head -n 6 | cut -c 1-200 | sed 's/^/    /'
	return 0
}

# The rest of a partition holds no block, or native resize2fs left as much.
check_fill() {
	blocks=$(superblock 'Block count') block_bytes=$(superblock 'Block size')
	rest=$((size * sector - blocks * block_bytes))
	if [ "$rest" -lt 0 ]; then
		complain "the file system is larger than its partition, by $((-rest)) bytes"
		return 0
	fi
	[ "$rest" -ge "$block_bytes" ] || return 0
	if [ "$quick" = yes ]; then return 0; fi
	truncate -s $((size * sector)) "$facts/fs"
	e2fsck -fy "$facts/fs" >/dev/null 2>&1 || :
	RESIZE2FS_FORCE_LAZY_ITABLE_INIT=1 resize2fs "$facts/fs" $((size * sector / block_bytes)) >"$work/native" 2>&1 || :
	read_superblock "$facts/fs"
	native=$(superblock 'Block count')
	[ "$blocks" -eq "$native" ] ||
		complain "$rest bytes of the partition are not filled: $blocks blocks of $block_bytes; native resize2fs makes $native"
}

check_gpt() {
	"${0%/*}/gpt.pl" check "$facts/disk" "$disk" "$target" "$sector" >"$work/gpt" || while read -r line; do
		complain "$line"
	done <"$work/gpt"
	[ "$odd$sector" = no512 ] || return 0 # sgdisk has no option for sectors either
	sgdisk -v "$disk" >"$work/sgdisk" 2>&1 || :
	grep -q '^No problems found' "$work/sgdisk" ||
		complain "sgdisk finds a problem: $(grep -E '^(Problem|Identified)' "$work/sgdisk" | tr '\n' ' ')"
}

check_target() {
	read -r _ start size _ <<-LINE
		$(awk -v n="$target" '$1 == n' "$work/table")
	LINE
	[ -n "$size" ] || { complain "partition $target is gone" && return 0; }
	if [ -z "$end" ]; then
		end=$disk_sectors
		[ $((end - start)) -le $mbr_sectors ] || end=$((start + mbr_sectors))
	fi
	! is_gpt "$work/table" || end=$((start + size)) # gpt.pl knows it to the sector
	[ $((start + size)) -eq "$end" ] || complain "partition $target ends before sector $((start + size)), not $end"
	case $(cat "$facts/kind") in
	xfs | btrfs | f2fs | swap | squashfs)
		check_other
		return
		;;
	esac
	fs="$disk?offset=$((start * sector))"
	e2fsck -fn "$fs" >"$work/e2fsck" 2>&1 || {
		complain "e2fsck -fn says $?:"
		tail -n 12 "$work/e2fsck" | sed 's/^/    /'
	}
	read_superblock "$fs" || { complain "there is no superblock" && return 0; }
	for field in 'Filesystem volume name' 'Filesystem UUID' 'Block size' 'Inode size' 'Blocks per group'; do
		echo "$field: $(superblock "$field")"
	done | same "the superblock" superblock
	check_fill
	files "$fs" | same "the files" files
}

after() {
	[ $# -ge 2 ] || usage
	image=$1 facts=$2 bytes_wanted='' end='' quick=no odd=no
	shift 2
	while [ $# -gt 0 ]; do
		case $1 in
		--size) bytes_wanted=$2 && shift ;;
		--end) end=$2 && shift ;;
		--quick) quick=yes ;;
		--odd) odd=yes ;;
		*) usage ;;
		esac
		shift
	done
	target=$(cat "$facts/target")
	open_disk "$image"
	[ -z "$bytes_wanted" ] || [ $((disk_sectors * sector)) -eq "$bytes_wanted" ] ||
		complain "the disk has $((disk_sectors * sector)) bytes, not $bytes_wanted"
	bytes 0 440 | same "the boot code" boot-code
	bytes 440 6 | same "the disk signature" signature
	bytes 510 2 | same "the mark of the table" mark
	table_of "$disk" >"$work/table"
	if is_gpt "$facts/table"; then
		check_gpt
	else
		raw_entries | same "an entry of the table" entries
	fi
	without_size <"$facts/table" >"$facts/table-kept"
	without_size <"$work/table" | same "the table" table-kept
	while read -r name from to sum; do
		[ "$(region "$from" "$to")" = "$sum" ] || complain "$name (sectors $from to $to) changed"
	done <"$facts/outside"
	check_target
	[ ! -s "$work/complaints" ]
}

# The target's size may change, and nothing else.
without_size() {
	awk -v n="$target" '$1 == n { $3 = "-" } { print }'
}

verb=${1:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/judge.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
case $verb in
before | after)
	shift
	"$verb" "$@"
	;;
*) usage ;;
esac
