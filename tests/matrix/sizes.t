#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sizes up to what an MBR table can say, and just above it; against native resize2fs where the file system is the limit.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"

gib=1073741824 tib=1099511627776
"$images/mbr-disk" "$work/4k.img" 257M part 1 2048 256M 83 boot ext4 '-b 4096 -i 131072'
"$images/mbr-disk" "$work/1k.img" 65M part 1 2048 64M 83 boot ext4 '-b 1024 -O 64bit -i 65536'
disk=$work/disk.img

# grows NAME IMAGE BYTES JUDGE-OPTION...
grows() {
	rm -rf -- "$work/facts"
	cp --sparse=always -- "$2" "$disk"
	"$judge" before "$disk" 1 "$work/facts"
	name=$1 bytes=$3
	shift 3
	grown "$name" "$disk" "$bytes" "$@"
}

grows "8 GiB" "$work/4k.img" $((8 * gib))
grows "64 GiB" "$work/4k.img" $((64 * gib))
grows "16 GiB, blocks of 1 KiB" "$work/1k.img" $((16 * gib))
grows "1 TiB" "$work/4k.img" "$tib"
is "1 TiB takes less than 100 MB on the host" "$(($(stat -c '%b * %B' "$disk") < 100000000))" 1
grows "one sector under 2 TiB" "$work/4k.img" $((2 * tib - 512))
grows "2 TiB less a cylinder, no multiple of a block" "$work/4k.img" $((2 * tib - 63 * 255 * 512 + 1536))

# At 2 TiB the partition could still say its size, but no tool agrees on sector 2^32 - 1 being there or not: whatever is
# done must be right.
cp --sparse=always -- "$work/4k.img" "$disk"
rm -rf -- "$work/facts"
"$judge" before "$disk" 1 "$work/facts"
truncate -s $((2 * tib)) "$disk"
agent_run "$disk"
case $agent_event in
done) ok "2 TiB: grown, and the judge is content" "$judge" after "$disk" "$work/facts" ;;
*) is "2 TiB: refused" "$agent_reason" mbr-2tib ;;
esac

# big_refused NAME IMAGE BYTES REASON: too large to be hashed: compare what the disk had before
big_refused() {
	cp --sparse=always -- "$2" "$disk"
	truncate -s "$3" "$disk"
	agent_run "$disk"
	is "$1: refused" "$agent_event $agent_reason" "fault $4"
	ok "$1: the disk is what it was" cmp -n "$(stat -c %s "$2")" "$2" "$disk"
	is "$1: nothing was written behind" "$(($(stat -c '%b * %B' "$disk") < 258 * 1048576))" 1
}
# From one group of blocks, resize2fs fails at more than 1024 times the size ("Illegal doubly indirect block"). What the
# agent does then is its own affair, but it has to end well.
"$images/mbr-disk" "$work/one-group.img" 65M part 1 2048 64M 83 boot ext4 '-b 4096 -i 131072'
cp --sparse=always -- "$work/one-group.img" "$disk"
rm -rf -- "$work/facts"
"$judge" before "$disk" 1 "$work/facts"
truncate -s "$tib" "$disk"
agent_run "$disk"
diag "64 MiB to 1 TiB with blocks of 4 KiB: $agent_event $agent_reason"
case $agent_event in
done) ok "64 MiB to 1 TiB: grown, and the judge is content" "$judge" after "$disk" "$work/facts" ;;
*) is "64 MiB to 1 TiB: refused" "$agent_reason" fs-limit ;;
esac

big_refused "one sector over 2 TiB" "$work/4k.img" $((2 * tib + 512)) mbr-2tib
big_refused "4 TiB" "$work/4k.img" $((4 * tib)) mbr-2tib
big_refused "1 TiB with blocks of 1 KiB" "$work/1k.img" "$tib" fs-limit
dd if="$work/1k.img" of="$work/fs" bs=1M skip=1 status=none
truncate -s $((tib - 1048576)) "$work/fs"
is "native resize2fs cannot do that either" "$(resize2fs "$work/fs" >/dev/null 2>&1 && echo it can)" ''

# The limits are told before anything is refused, and they are exact: at the smallest a grow goes well, and one sector
# more is refused at once.
limits() {
	jq -r 'select(.event == "limit") | "\(.reason) \(.largest_disk_bytes)"' "$1" | sort | tr '\n' ' '
}
plan_at() { # plan_at SIZE: of $disk
	truncate -s "$1" "$disk"
	printf '{"request":"plan","protocol":1%s}\n' "${agent_fields:+,$agent_fields}" |
		"$agent" --disk "$disk" --tools "$tools_dir" --run-dir "$work" >"$work/plan" 2>&1
}
# native_can BLOCKS: and it is clean
native_can() {
	RESIZE2FS_FORCE_LAZY_ITABLE_INIT=1 resize2fs "$work/native" "$1" >/dev/null 2>&1 && e2fsck -fn "$work/native" >/dev/null 2>&1 && echo it can
}
# exact NAME BLOCKS MKE2FS-OPTIONS: what the file system can have at most, in a partition at 1 MiB
exact() {
	rm -rf -- "$work/facts" "$disk" "$work/native"
	"$images/mbr-disk" "$disk" 65M part 1 2048 64M 83 boot ext4 "$3"
	"$judge" before "$disk" 1 "$work/facts"
	dd if="$disk" of="$work/native" bs=1M skip=1 conv=sparse status=none
	block=$(dumpe2fs -h "$work/native" 2>/dev/null | sed -n 's/^Block size: *//p')
	group=$(dumpe2fs -h "$work/native" 2>/dev/null | sed -n 's/^Blocks per group: *//p')
	largest=$((1048576 + $2 * block))
	for bytes in "$largest" $((largest + 512)) $((3 * tib)) $((8388607 * tib)); do
		plan_at "$bytes"
		is "$1: every limit is told, for $bytes bytes" "$(limits "$work/plan")" "fs-limit $largest mbr-2tib $((2 * tib)) "
		is "$1: the answer to $bytes bytes" "$(tail -n 1 "$work/plan" | jq -r '.reason // .event')" \
			"$([ "$bytes" = "$largest" ] && echo 'done' || echo fs-limit)"
	done
	is "$1: the hint names the size" "$(tail -n 1 "$work/plan" | jq -r .hint | grep -c "($largest bytes)\$")" 1
	grown "$1: up to its limit" "$disk" "$largest"
	is "$1: native resize2fs cannot do a group more" "$(native_can $(($2 + group)))" ''
}

# Descriptors of 64 bytes fill the first group: all blocks but the superblock's, or without flex_bg all but those of its
# own superblock, bitmaps and inodes.
exact "blocks of 1 KiB" $((8191 * 16 * 8192 + 1)) '-b 1024 -O 64bit -i 65536'
exact "small groups" $((1023 * 64 * 1024)) '-b 4096 -g 1024 -i 65536'
exact "small groups without flex_bg" $(((1024 - 3 - 4) * 64 * 1024)) '-b 4096 -g 1024 -O ^flex_bg -i 65536'
exact "meta_bg" $((1024 * 64 * 1024)) '-b 4096 -g 1024 -O ^flex_bg,meta_bg,^resize_inode -i 65536'

# Another partition behind it is a limit of its own.
"$images/mbr-disk" "$disk" 65M part 1 2048 16M 83 boot ext4 '-b 4096 -g 1024 -N 256' part 2 65536 16M 83 - ext4
agent_fields='"partition":1'
plan_at $((4 * tib))
is "a partition behind it: the limits" "$(limits "$work/plan")" "fs-limit $((1048576 + 1023 * 64 * 1024 * 4096)) no-room-behind 33554432 "
is "a partition behind it: what the disk has is no limit" "$(tail -n 1 "$work/plan" | jq -r '.reason // .event')" 'done'
done_testing
