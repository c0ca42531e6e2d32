#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Tables as they are found: out of order, oddly aligned, with gaps, with rests; each grown and judged.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"

disk=$work/disk.img

# made N MBR-DISK-ARGUMENT...: the disk, and its facts with partition N as target
made() {
	target=$1
	shift
	rm -rf -- "$work/facts" "$disk"
	"$images/mbr-disk" "$disk" "$@"
	"$judge" before "$disk" "$target" "$work/facts"
}

# unchanged NAME: success, and not a byte is different
unchanged() {
	before=$(image_sum "$disk")
	agent_run "$disk" "${2:-}"
	is "$1: nothing to do" "$agent_event $agent_status $agent_changed" 'done 0 false' || tail -n 2 "$agent_events" | sed 's/^/#   /'
	is "$1: not a byte is different" "$(image_sum "$disk")" "$before"
}

made 1 64M part 1 40000 8M 83 boot ext4 '-b 1024' part 2 2048 16M 83 - ext2
grown "number 1 lies last" "$disk" 128M
unchanged "and a second time"

made 4 64M part 4 63 8M 83 - ext3 '-b 1024'
grown "the only one, number 4, at sector 63" "$disk" 128M

made 2 64M part 1 63 1000s c - - part 2 1063 20001s 83 boot ext4 '-b 4096'
grown "sizes and places that are no multiples of anything" "$disk" $((128 * 1048576 + 3 * 512))
unchanged "and a second time"

made 1 64M part 1 2048 8M 83 - ext4 '-b 1024'
grown "no size: the partition fills the disk as it is" "$disk" 64M
unchanged "and a second time"

made 1 64M part 1 2048 8M 83 boot ext4 '-b 1024' part 2 65536 4M 83 - ext4
agent_fields='"partition":1'
grown "a partition with a gap behind it" "$disk" 64M --end 65536
refused "now it has no gap any more" "$disk" no-room-behind '"partition":1'
agent_fields=
made 2 64M part 1 2048 8M 83 boot ext4 '-b 1024' part 2 65536 4M 83 - ext4
agent_fields='"partition":2'
grown "the last one, by its number" "$disk" 96M
agent_fields=

# A file system that is smaller than its partition is made to fill it.
mke2fs -q -F -t ext4 -b 1024 -d "$tests/lib" "$work/small" 30M
cd "$work" || exit 1
made 1 64M part 1 2048 63M 83 - ./small
grown "a file system smaller than its partition" "$disk" 64M

# Rests: the last group is dropped when next to nothing would fit in it. A group has 8 MiB.
for rest in 1 2 60 120 300 500 1000 2000; do
	in_turn 2 || continue
	made 1 33M part 1 2048 16M 83 - ext4 '-b 1024'
	grown "last group with $rest KiB" "$disk" $(((1 + 64) * 1048576 + 1024 + rest * 1024))
	unchanged "last group with $rest KiB, a second time"
done

# Only one sector more than before, and less than a block more.
made 1 17M part 1 2048 16M 83 - ext4 '-b 4096'
grown "one sector more" "$disk" $((17 * 1048576 + 512))
unchanged "one sector more, a second time"

# Bytes at the end of the disk that are not a whole sector.
made 1 64M part 1 2048 8M 83 - ext4 '-b 1024'
truncate -s $((64 * 1048576 + 100)) "$disk"
agent_run "$disk"
is "a disk that ends within a sector" "$agent_event $agent_changed" 'done true'
ok "and the judge is content" "$judge" after "$disk" "$work/facts"

# chs NAME START END SIZE WANTED: the CHS addresses of the entry, in hexadecimal, and its end after a grow to SIZE
chs() {
	made 1 33M part 1 2048 32M 83 - ext4 '-b 1024'
	"$images/poke" "$disk" 447 "$2"
	"$images/poke" "$disk" 451 "$3"
	truncate -s "$4" "$disk"
	agent_run "$disk"
	is "$1: grown" "$agent_event $agent_changed" 'done true'
	is "$1: the start stays, the end keeps its manner" "$(od -An -tx1 -j 447 -N 7 "$disk" | tr -d ' \n')" "${2}83$5"
}
chs "CHS addresses of zeros" 000000 000000 128M 000000
chs "the filler on both sides" feffff feffff 128M feffff
chs "the filler at the end" 202100 feffff 128M feffff
chs "the filler of 256 heads" ffffff ffffff 128M ffffff
chs "16 heads, 63 sectors" 002102 003043 128M 014104
chs "16 heads, 63 sectors, beyond cylinder 1023" 002102 003043 1G 0fffff
chs "no geometry fits: 255 heads, 63 sectors" 010101 020202 128M 510110

# Features beyond the matrix.
for features in meta_bg,^resize_inode sparse_super2 ^sparse_super quota project,quota inline_data ea_inode,large_dir casefold \
	encrypt verity ^has_journal uninit_bg,^metadata_csum metadata_csum_seed stable_inodes fast_commit; do
	in_turn 3 || continue
	rm -rf -- "$work/facts" "$disk"
	if ! "$images/mbr-disk" "$disk" 40M part 1 2048 32M 83 - ext4 "-b 1024 -O $features" >"$work/said" 2>&1; then
		diag "mke2fs makes no $features: $(head -n 1 "$work/said")"
		continue
	fi
	"$judge" before "$disk" 1 "$work/facts"
	truncate -s 200M "$disk"
	agent_run "$disk"
	case $agent_event:$agent_reason in
	fault:fs-feature) tap_line 0 "$features: refused" ;;
	*)
		is "$features: done" "$agent_event $agent_reason" 'done none' || tail -n 2 "$agent_events" | sed 's/^/#   /'
		ok "$features: the judge is content" "$judge" after "$disk" "$work/facts"
		;;
	esac
done
done_testing
