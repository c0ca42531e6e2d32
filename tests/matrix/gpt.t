#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks with a GPT, as they are found and as they can be: each grown by the agent, and judged to the byte.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"
gpt=$tests/lib/gpt.pl disk=$work/disk.img
fs_options='-b 4096'

# facts N: what must survive, with partition N as target
facts() {
	rm -rf -- "$work/facts"
	"$judge" before "$disk" "$1" "$work/facts"
}

# made N GPT-DISK-ARGUMENT...: the disk by sfdisk, and its facts
made() {
	target=$1
	shift
	rm -f -- "$disk"
	"$images/gpt-disk" "$disk" "$@"
	facts "$target"
}

# odd N SIZE START SECTORS WORD...: the disk by gpt.pl, with a file system in partition N
odd() {
	target=$1 start=$3 sectors=$4 size=$2
	rm -f -- "$disk" "$work/fs"
	shift 4
	truncate -s $((sectors * 512)) "$work/fs"
	# shellcheck disable=SC2086  # options are words
	mke2fs -q -F -t ext4 $fs_options -d "$work/tree" "$work/fs"
	truncate -s "$size" "$disk"
	dd if="$work/fs" of="$disk" bs=64K seek=$((start * 512)) oflag=seek_bytes conv=notrunc,sparse status=none
	"$gpt" make "$disk" "$@" "$target:$start:$sectors"
	facts "$target"
}

# unchanged NAME: success, and not a byte is different
unchanged() {
	before=$(image_sum "$disk")
	agent_run "$disk" "${2:-}"
	is "$1: nothing to do" "$agent_event $agent_status $agent_changed" 'done 0 false' || tail -n 2 "$agent_events" | sed 's/^/#   /'
	is "$1: not a byte is different" "$(image_sum "$disk")" "$before"
}

# repairs NAME WORDS: what was said to be repaired
repairs() {
	is "$1: repairs" "$(jq -r 'select(.event == "table-repair") | .problem' "$agent_events" | tr '\n' ' ')" "$2"
}

message() {
	jq -r 'select(.event == "fault") | .message' "$agent_events"
}

before_bytes() {
	printf '"disk_before_bytes":%d' "$(stat -c %s "$disk")"
}

"$images/tree" "$work/tree"

# The layouts of clouds.
made 1 64M part 14 2048 3M 21686148-6449-6E6F-744E-656564454649 bios - - part 15 8192 16M U esp - ext2 part 1 40960 32M L root - ext4
grown "Debian's: 14, 15, 1" "$disk" 128M
repairs "Debian's" ''
unchanged 'and a second time'

# libfdisk makes the same of both copies.
made 1 64M part 14 2048 3M U bios - - part 1 40960 32M L root - ext4
cp --sparse=always "$disk" "$work/by-sfdisk"
grown "for sfdisk" "$disk" 128M
truncate -s 128M "$work/by-sfdisk"
sfdisk --json "$disk" | jq -r '.partitiontable.partitions[] | select(.start == 40960) | "40960, \(.size)"' |
	sfdisk -q --no-reread --no-tell-kernel -N 1 "$work/by-sfdisk" >/dev/null 2>&1
for zone in '1 33' '262111 33'; do
	# shellcheck disable=SC2086  # two words
	set -- $zone
	for file in "$disk" "$work/by-sfdisk"; do
		dd if="$file" bs=512 skip="$1" count="$2" status=none | sha256sum
	done | uniq >"$work/sums"
	is "sfdisk writes the same $2 sectors at LBA $1" "$(wc -l <"$work/sums")" 1
done

facts 1
grown 'one sector more, which is no room for anything' "$disk" $((134217728 + 512))
facts 1
grown 'eight more' "$disk" $((134217728 + 9 * 512))

for more in 1 2 3 7 8 33; do
	in_turn 3 || continue
	made 1 40M part 1 2048 $((40 * 2048 - 2048 - 33))s L root - ext4
	agent_fields=$(before_bytes)
	grown "a full disk, and $more sectors more" "$disk" $((40 * 1048576 + more * 512))
	repairs "$more sectors more" ''
done
agent_fields=

made 2 64M part 1 2048 8M U - - - part 2 20480 16M L a - ext3 part 3 81920 16M L b - ext4
agent_fields='"partition":2'
grown 'a partition before another one' "$disk" 128M
is 'its limit' "$(jq -c 'select(.event == "limit") | [.reason, .largest_disk_bytes]' "$agent_events" | head -n 1)" '["no-room-behind",41943040]'
refused 'no room behind it any more' "$disk" no-room-behind "$agent_fields"
agent_fields=
made 3 64M part 3 81920 16M L b - ext4 part 1 2048 8M U - - -
grown 'within the disk as it is' "$disk" 64M
repairs 'within the disk as it is' ''

# More or fewer entries, larger ones, at other places; headers of other sizes.
for how in count=4 count=56 'count=1024 first=2048' 'entries_lba=20 first=52' 'entries_lba=4032 first=4064' header=512; do
	in_turn 2 || continue
	# shellcheck disable=SC2086  # options are words
	odd 3 48M 8192 40000 $how
	grown "$how" "$disk" 100M
	unchanged "$how: and a second time"
done
odd 3 48M 8192 40000 entry=256 first=2048
grown 'entries of 256 bytes' "$disk" 100M --odd
odd 1000 48M 8192 40000 count=1024 first=2048
grown 'number 1000' "$disk" 100M

# The first sector.
odd 1 48M 8192 40000 pmbr=second
grown 'the protective entry in the second slot' "$disk" 100M
odd 1 48M 8192 40000 pmbr=hybrid
grown 'a hybrid MBR' "$disk" 100M --odd
odd 1 48M 8192 40000
"$images/poke" "$disk" 458 ffffffff
facts 1
grown 'the largest size that the first sector can have' "$disk" 100M

# The backup.
fs_options='-b 1024'
odd 1 32M 2048 63488 backup=none
refused 'no backup, and no room for one' "$disk" no-room-behind
is 'the message says the least size' "$(jq -r 'select(.event == "fault") | .hint' "$agent_events")" \
	"ask for a larger disk: at least $((33554432 + 33 * 512)) bytes"
agent_fields=$(before_bytes)
grown 'no backup, and just room for one' "$disk" $((33554432 + 33 * 512))
repairs 'just room for one' 'backup-missing '
odd 128 32M 2048 63488 backup=none
grown 'no backup' "$disk" 100M
repairs 'no backup' 'backup-missing '
odd 1 48M 2048 40000 backup=80000
agent_fields=$(before_bytes)
grown 'a backup in the middle' "$disk" 100M
repairs 'a backup in the middle' 'backup-misplaced '
odd 1 48M 2048 40000
poked=$((48 * 1048576 - 512 + 60))
"$images/poke" "$disk" $poked aa
rm -rf "$work/facts" && "$judge" before "$disk" 1 "$work/facts"
grown 'a damaged backup' "$disk" 100M
repairs 'a damaged backup' 'backup-damaged '
odd 1 48M 2048 40000
"$images/poke" "$disk" $((48 * 1048576 - 512 * 33 + 60)) aa
facts 1
grown 'damaged entries of the backup, at the size that it has' "$disk" 48M
repairs 'damaged entries of the backup' 'backup-damaged '

# The primary.
odd 1 48M 2048 40000
"$images/poke" "$disk" 600 aa
facts 1
agent_fields=$(before_bytes)
truncate -s 100M "$disk"
refused 'a damaged primary' "$disk" table-damaged "$agent_fields"
is 'the message tells of the backup' "$(message)" 'the primary GPT (LBA 1) is damaged; its backup is valid'
ok 'the hint names the option' test "$(jq -r 'select(.event == "fault") | .hint' "$agent_events" | grep -c -e '--repair=all')" = 1
agent_fields="$agent_fields,\"repair\":\"all\""
grown 'a damaged primary, to be repaired' "$disk" 100M
repairs 'a damaged primary' 'primary-damaged '
odd 1 48M 2048 40000
dd if=/dev/zero of="$disk" bs=512 seek=1 count=33 conv=notrunc status=none
facts 1
grown 'a primary that is gone, to be repaired' "$disk" 100M
unchanged 'and a second time'
odd 1 48M 2048 40000
"$images/poke" "$disk" 1200 aa
"$images/poke" "$disk" $poked aa
refused 'both damaged' "$disk" table-damaged "$agent_fields"
is 'the message says so' "$(message)" 'the primary GPT (LBA 1) is damaged, and the end of the disk has no valid backup'
odd 1 48M 2048 40000
dd if="$disk" bs=512 skip=1 count=33 of="$work/copy" status=none
odd 1 48M 2048 40008
dd if="$work/copy" of="$disk" bs=512 seek=1 conv=notrunc status=none
refused 'two copies that contradict each other' "$disk" table-damaged "$agent_fields"

# What makes no sense.
for parts in '2:40000:3000' '2:1000:2000' '2:98267:5' '2:30:100'; do
	odd 1 48M 2048 40000 $parts
	refused "nonsense: $parts" "$disk" table-invalid
done
odd 1 48M 4096 40000 entries_lba=4064
refused 'entries where partitions are' "$disk" table-invalid
odd 1 48M 4096 40000 count=1025 first=4096
refused 'more entries than can be read' "$disk" table-invalid
is 'the message says so' "$(message)" 'the GPT has 1025 entries of 128 bytes, which are more than can be read here'
agent_fields=

# Beyond 2 TiB, and sectors of 4096 bytes.
made 1 64M part 1 2048 32M L root - ext4 '-b 4096'
truncate -s 3T "$disk"
printf '{"request":"plan","protocol":1}\n' | "$agent" --disk "$disk" --tools "$tools_dir" >"$work/plan"
is 'a plan for 3 TiB' "$(jq -c 'select(.event == "plan") | [.changed, .sectors_after]' "$work/plan")" "[true,$(((3 * 1024 * 1024 * 1024 * 2 - 33 - 2048) / 8 * 8))]"
is 'a GPT sets no limit' "$(jq -r 'select(.event == "limit") | .reason' "$work/plan")" fs-limit

rm -f "$disk"
"$images/gpt-disk" --sector 4096 "$disk" 64M part 1 256 8M U esp - ext2 part 2 4096 32M L root - ext4 '-b 4096'
cp --sparse=always "$disk" "$work/before"
truncate -s 200M "$disk"
agent_run "$disk"
is 'sectors of 4096 bytes: grown' "$agent_event $agent_changed" 'done true' || tail -n 2 "$agent_events"
ok 'every byte is as it should be' "$gpt" check "$work/before" "$disk" 2 4096
ok 'e2fsck finds nothing' e2fsck -fn "$disk?offset=16777216"
fdisk -b 4096 -o Start,Sectors,UUID,Name -l "$disk" 2>&1 | grep -A 9 ^Start >"$work/listed"
is 'fdisk reads it' "$(awk 'NR == 3 { print $1, $2 }' "$work/listed")" "4096 $((51200 - 5 - 4096))"

# What is told of an entry.
made 1 64M part 1 40960 16M L root 9D0B5E5E-1111-4222-8333-444455556666 ext4
sgdisk -c '1:rööt 😀' "$disk" >/dev/null 2>&1
agent_run "$disk"
is 'name, UUID and type' "$(jq -c 'select(.event == "table" and .moment == "after") | [.label, .name, .uuid, .type_guid, .bootable, .type]' "$agent_events")" \
	'["gpt","rööt 😀","9D0B5E5E-1111-4222-8333-444455556666","0FC63DAF-8483-4772-8E79-3D69D8477DE4",false,null]'
done_testing
