#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# squashfs, with and without what OpenWrt lays behind it, by the agent as a program of the host (which has no loop device: an f2fs
# overlay is in boot/).
# shellcheck disable=SC2154  # images, work: of tap.sh
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"
cd "$work" || exit 1
PATH=$PATH:/usr/sbin:/sbin
start=$((40960 * 512))

# disk KIND [SIZE]: disk.img with that in partition 2
disk() {
	"$images/squashfs-overlay" content "${2:-20M}" "$1"
	at=$((($(od -An -tu8 -j 40 -N 8 content) + 65535) / 65536 * 65536))
	"$images/mbr-disk" disk.img 48M part 1 2048 8M 83 boot - part 2 40960 "${2:-20M}" 83 - ./content
}

# files FS: the sums of its files
files() {
	rm -rf out && mkdir out
	debugfs -R 'rdump / out' "$1" >/dev/null 2>&1
	(cd out && find . -type f -exec sha256sum {} + | sort)
}

partition_bytes() {
	sfdisk --json disk.img | jq '.partitiontable.partitions[1].size * 512'
}

disk ext4
overlay="disk.img?offset=$((start + at))"
files "$overlay" >files.before
ok "there are files in the overlay" test "$(wc -l <files.before)" -gt 5
truncate -s 200M disk.img
agent_run disk.img
is "ext4 behind it: done" "$agent_event $agent_status" 'done 0'
ok "ext4: e2fsck finds nothing" e2fsck -fn "$overlay"
is "ext4: it fills the rest of the partition" "$(dumpe2fs -h "$overlay" 2>/dev/null | awk '/^Block count/ { n = $3 } /^Block size/ { print n * $3 }')" \
	$(($(partition_bytes) - at))
is "ext4: the partition fills the disk" "$(partition_bytes)" $((200 * 1048576 - start))
files "$overlay" | diff files.before - >files.diff
is "ext4: its files are what they were" "$(cat files.diff)" ''
ok "ext4: the squashfs is what it was" cmp -i $start:0 -n "$at" disk.img content
agent_run disk.img
is "again: nothing to do" "$agent_event $agent_status $agent_changed" 'done 0 false'

disk none
truncate -s 200M disk.img
agent_run disk.img
is "nothing behind it: done" "$agent_event $agent_status" 'done 0'
is "nothing: the partition fills the disk" "$(partition_bytes)" $((200 * 1048576 - start))
ok "nothing: every byte that it had is what it was" cmp -i $start:0 -n $((20 * 1048576)) disk.img content
# As mksquashfs leaves it: the partition ends with it.
disk none
used=$(od -An -tu8 -j 40 -N 8 content)
truncate -s $(((used + 511) / 512 * 512)) content
"$images/mbr-disk" disk.img 48M part 1 2048 8M 83 boot - part 2 40960 $(((used + 511) / 512))s 83 - ./content
agent_run disk.img
is "no room for anything behind it: done" "$agent_event $agent_status" 'done 0'
ok "no room: the squashfs is what it was" cmp -i $start:0 -n "$(stat -c %s content)" disk.img content

# On the whole disk, without a table.
"$images/squashfs-overlay" content 20M ext4
cp content disk.img
files "disk.img?offset=$at" >files.before
truncate -s 200M disk.img
agent_run disk.img
is "without a table: done" "$agent_event $agent_status $(jq -r 'select(.event == "plan") | .fs_type' "$agent_events")" 'done 0 squashfs'
ok "without a table: e2fsck finds nothing" e2fsck -fn "disk.img?offset=$at"
is "without a table: it fills the disk" "$(dumpe2fs -h "disk.img?offset=$at" 2>/dev/null | awk '/^Block count/ { n = $3 } /^Block size/ { print n * $3 }')" \
	$((200 * 1048576 - at))
files "disk.img?offset=$at" | diff files.before - >files.diff
is "without a table: its files are what they were" "$(cat files.diff)" ''
ok "without a table: the squashfs is what it was" cmp -n "$at" disk.img content

disk other
truncate -s 200M disk.img
refused "something else behind it" disk.img fs-feature
is "it says so" "$(tail -n 1 "$agent_events" | jq -r .message | grep -c 'other than an OpenWrt overlay')" 1
disk ext4
"$images/poke" disk.img $((start + 40)) 0000000000000000
truncate -s 200M disk.img
refused "a squashfs of no size" disk.img fs-unclean
disk ext4
"$images/poke" disk.img $((start + 40)) ffffff3f00000000
refused "a squashfs larger than its partition" disk.img fs-larger-than-partition
disk ext4
"$images/poke" disk.img $((start + at + 1024 + 56 + 40)) ff
truncate -s 200M disk.img
refused "an overlay with an unknown feature" disk.img fs-feature

done_testing
