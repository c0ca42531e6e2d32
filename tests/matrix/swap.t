#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Swap: of every size of pages, in every kind of table, by the agent as a program of the host. Of what mkswap cannot make
# (the other byte order, bad pages) every byte is compared.
# shellcheck disable=SC2154  # images, judge, work: of tap.sh
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"
cd "$work" || exit 1
PATH=$PATH:/usr/sbin:/sbin
uuid=9d0b5e5e-0000-4000-8000-00000000005a

# area PAGE_BYTES [LABEL]: in ./content, 4 MiB, with something in it
area() {
	rm -f content
	yes 'pages of a system that ran ' | head -c 4M >content
	mkswap -p "$1" -U $uuid ${2:+-L "$2"} content >mkswap.said 2>&1
}

# grow NAME SIZE: disk.img, whose target is partition $3
grow() {
	rm -rf facts
	ok "$1: its facts are taken down" "$judge" before disk.img "$3" "$work/facts"
	grown "$1" disk.img "$2"
}

for page in 4096 16384 65536; do
	area $page "of $page"
	"$images/mbr-disk" disk.img 30M part 1 2048 8M c boot - part 2 40960 4M 82 - ./content
	grow "pages of $page bytes" 200M 2
done
area 4096
"$images/gpt-disk" disk.img 30M part 1 2048 8M U boot - - part 2 40960 4M S swap - ./content
grow "without a label, in a GPT" 1G 2

# As the installers of Debian leave it: logical, behind the root.
truncate -s 32M disk.img
printf 'label: dos\n1: start=2048, size=16384, type=83\n2: start=20480, size=16384, type=5\n5: start=22528, size=8192, type=82\n' |
	sfdisk -q disk.img
area 4096 logical
dd if=content of=disk.img bs=512 seek=22528 conv=notrunc status=none
cp disk.img before.img
truncate -s 100M disk.img
agent_run disk.img '"partition":5'
is "logical: done" "$agent_event $agent_status" 'done 0'
is "logical: its size" "$(sfdisk --json disk.img | jq '.partitiontable.partitions[2].size * 512')" $((100 * 1048576 - 22528 * 512))
truncate -s $((100 * 1048576 - 22528 * 512)) native
mkswap -U $uuid -L logical native >mkswap.said 2>&1
at=$((22528 * 512))
ok "logical: the header is mkswap's" cmp -i $((at + 1024)):1024 -n 3072 disk.img native
ok "logical: the rest is what it was" cmp -i $((at + 1032)) -n $((4194304 - 1032)) disk.img before.img

# A whole disk: there is no table, and what lies before the header stays.
area 16384 whole
cp content disk.img
"$images/poke" disk.img 0 "b0b1b2b3"
cp disk.img before.img
truncate -s 100M disk.img
agent_run disk.img
is "without a table: done" "$agent_event $agent_status $(jq -c 'select(.event == "plan") | [.partition, .fs_type]' "$agent_events")" 'done 0 [0,"swap"]'
rm -f native
truncate -s 100M native
mkswap -p 16384 -U $uuid -L whole native >mkswap.said 2>&1
ok "without a table: the header is mkswap's" cmp -i 1024 -n 15360 disk.img native
is "without a table: no other byte changed" "$(cmp -n 4194304 -l disk.img before.img | awk '$1 < 1029 || $1 > 1032' | wc -l)" 0
agent_run disk.img
is "without a table, again: nothing to do" "$agent_event $agent_changed" 'done false'
area 4096
cp content disk.img
"$images/poke" disk.img 4086 533153555350454e4400
truncate -s 100M disk.img
refused "a hibernated whole disk" disk.img fs-unclean

# bytes NAME LAST_PAGE: every byte of the area but the number of the last page is what it was; that is LAST_PAGE, in hexadecimal
bytes() {
	"$images/mbr-disk" disk.img 24M part 1 2048 8M c boot - part 2 40960 4M 82 - ./content
	truncate -s 28M disk.img # behind its 20 MiB 2048 pages
	agent_run disk.img
	is "$1: done" "$agent_event $agent_status" 'done 0'
	dd if=disk.img of=now bs=512 skip=40960 count=8192 status=none
	is "$1: the last page" "$(od -An -tx1 -j 1028 -N 4 now | tr -d ' ')" "$2"
	is "$1: no other byte changed" "$(cmp -l now content | awk '$1 < 1029 || $1 > 1032' | wc -l)" 0
}
area 4096 bad
"$images/poke" content 1032 02000000
"$images/poke" content 1536 07000000ff030000
bytes "bad pages" ff070000
area 4096 big
"$images/poke" content 1024 00000001000003ff
bytes "the other byte order" 000007ff

# bad NAME REASON [OFFSET HEX]...: an area with these bytes is refused
bad() {
	name=$1 reason=$2
	shift 2
	area 4096
	while [ $# -gt 0 ]; do
		"$images/poke" content "$1" "$2"
		shift 2
	done
	"$images/mbr-disk" disk.img 30M part 1 2048 8M c boot - part 2 40960 4M 82 - ./content
	truncate -s 128M disk.img
	refused "$name" disk.img "$reason"
}
bad "an image of hibernation" fs-unclean 4086 533153555350454e4400
is "it says so" "$(tail -n 1 "$agent_events" | jq -r .message | grep -c hibernat)" 1
bad "one by uswsusp" fs-unclean 4086 554c53555350454e4400
bad "swap of the first version" fs-feature 4086 535741502d5350414345
bad "a header of version 2" fs-unknown 1024 02000000
bad "a bad page behind the end" fs-unrepairable 1032 01000000 1536 00040000
bad "an area larger than its partition" fs-larger-than-partition 1028 00040000
area 4096
"$images/mbr-disk" disk.img 30M part 1 2048 8M c boot - part 2 40960 4M 82 - ./content
truncate -s 1T disk.img
agent_run disk.img
is "to 1 TiB: done" "$agent_event $agent_status" 'done 0'
agent_run disk.img
is "again: nothing to do" "$agent_event $agent_status $agent_changed" 'done 0 false'

done_testing
