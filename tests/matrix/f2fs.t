#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# f2fs: its features and sizes, on a disk without a table, by the agent as a program of the host. Judged by fsck.f2fs and blkid of
# the host; files are compared in boot/, where a kernel reads them.
# shellcheck disable=SC2154  # images, work: of tap.sh
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"
cd "$work" || exit 1
PATH=$PATH:/usr/sbin:/sbin
mkdir sbin
for name in fsck.f2fs resize.f2fs; do
	ln -s "$(cached f2fs-tools)/sbin/fsck.f2fs" "sbin/$name"
done
tools_dir=$work/sbin
"$images/tree" tree

# f2fs SIZE OPTION...: in ./disk.img, with files in it
f2fs() {
	size=$1
	shift
	rm -f disk.img
	truncate -s "$size" disk.img
	mkfs.f2fs -q -f -l label "$@" disk.img >mkfs.said 2>&1 && sload.f2fs -f tree disk.img >sload.said 2>&1
	fsck.f2fs --dry-run disk.img </dev/null >fsck.said 2>&1 || diag "mkfs.f2fs $* made one that is damaged"
}

identity() {
	blkid -p -o export -s TYPE -s LABEL -s UUID disk.img
	od -An -tx4 -j $((1024 + 2180)) -N 4 disk.img
}

# grows NAME SIZE
grows() {
	identity >before
	truncate -s "$2" disk.img
	agent_run disk.img
	is "$1: done" "$agent_event $agent_status" 'done 0' || tail -n 2 "$agent_events" | sed 's/^/#   /'
	ok "$1: fsck.f2fs finds nothing" fsck.f2fs --dry-run disk.img
	is "$1: it fills the disk" "$(($(od -An -tu8 -j $((1024 + 36)) -N 8 disk.img) * 4096))" "$(stat -c %s disk.img)"
	identity >after
	ok "$1: label, UUID and features stay" cmp before after
}

for size in 100M+4K 100M+2M 8G 1T; do
	f2fs 100M
	case $size in *+*) grows "100 MiB and ${size#*+}" "+${size#*+}" ;; *) grows "to $size" "$size" ;; esac
done
agent_run disk.img
is "again: nothing to do" "$agent_event $agent_status $agent_changed" 'done 0 false'
for features in encrypt,verity,lost_found extra_attr,inode_checksum,inode_crtime,flexible_inline_xattr,project_quota quota \
	casefold,sb_checksum extra_attr,compression; do
	f2fs 200M -O "$features"
	grows "$features" 1G
done

# not NAME REASON WORD OPTION...: made by mkfs.f2fs with these
not() {
	name=$1 reason=$2 word=$3
	shift 3
	f2fs 200M "$@"
	truncate -s 1G disk.img
	refused "$name" disk.img "$reason"
	is "$name: it says so" "$(tail -n 1 "$agent_events" | jq -r .message | grep -c "$word")" 1
}
not "a large bitmap" fs-feature 'node bitmap' -i
not "large sections" fs-feature sections -s 2
truncate -s 200M second
not "two devices" fs-feature 'several devices' -c second

# The kernel marks what it stumbles over. The checkpoints of mkfs.f2fs, in which one flag is set, and the checksum computed again.
f2fs 200M
"$images/f2fs-mark" disk.img 16
ok "marked: the host's fsck.f2fs sees the mark" sh -c 'fsck.f2fs --dry-run disk.img </dev/null | grep "checkpoint state" | grep -w fsck'
grows "marked for a check, and nothing wrong" 1G
is "the state was told" "$(jq -r 'select(.event == "plan") | .fs_state' "$agent_events" | head -n 1)" errors
ok "the mark is gone" sh -c '! fsck.f2fs --dry-run disk.img </dev/null | grep "checkpoint state" | grep -w fsck'

done_testing
