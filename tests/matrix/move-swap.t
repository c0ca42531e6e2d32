#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A swap partition behind the root moves to the end of the disk, and the root grows up to it: by the agent as a program of the
# host. sfdisk, blkid, e2fsck and cmp judge.
# shellcheck disable=SC2154  # images, work: of tap.sh
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/ext-files.sh
. "$tests/lib/ext-files.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"
cd "$work" || exit 1
uuid=9d0b5e5e-0000-4000-8000-00000000005b
root=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709 swap=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F

message() { tail -n 1 "$agent_events" | jq -r '.message + " " + .hint'; }

# area BYTES PAGE: ./content, a swap with something in it
area() {
	rm -f content
	yes 'pages of a system that ran ' | head -c "$1" >content
	mkswap -p "$2" -U $uuid -L pages content >mkswap.said 2>&1
}

# table DISK: all that must stay of its table: numbers, types, flags, identifiers, names, sizes but that of partition $root_number
table() {
	sfdisk -d "$1" | sed "1,/^\$/{/^device:/d; /^last-lba:/d}; s|^$1||; s/start= *[0-9]*, //; /^ *$root_number :/s/size= *[0-9]*, //"
}
place() { sfdisk --json "$1" | jq -r --arg node "$1$2" '.partitiontable.partitions[] | select(.node == $node) | "\(.start) \(.size)"'; }

# moved NAME ROOT-START SWAP-START SWAP-SECTORS NEW-SWAP-START: disk.img, of 64 MiB, to 200 MiB. The root ends at $end.
moved() {
	name=$1 start=$2 from=$3 sectors=$4 to=$5
	cp disk.img before.img
	truncate -s 200M disk.img
	agent_run disk.img "\"move_swap\":true${fields:-}"
	is "$name: done" "$agent_event $agent_status $agent_changed" 'done 0 true' || tail -n 3 "$agent_events" "$work/agent.stderr"
	is "$name: the plan tells it" "$(jq -c 'select(.event == "plan") | [.partition, .swap_partition, .swap_from_lba, .swap_to_lba]' "$agent_events")" \
		"[$root_number,$swap_number,$from,$to]"
	is "$name: the table is the same but for places" "$(table disk.img)" "$(table before.img | sed 's/before.img/disk.img/')"
	is "$name: the swap's place" "$(place disk.img $swap_number)" "$to $sectors"
	ok "$name: sfdisk finds nothing" sfdisk -q --verify disk.img
	page=$(cat page.bytes)
	ok "$name: the header is what it was" cmp -i $((to * 512)):0 -n "$page" disk.img content
	is "$name: blkid finds the same swap" "$(blkid -p -O $((to * 512)) -S $((sectors * 512)) -o value -s UUID -s LABEL -s TYPE disk.img | sort | tr '\n' ' ')" "$uuid pages swap "
	ok "$name: the rest of its place is zero" cmp -i $((to * 512 + page)):0 -n $((sectors * 512 - page)) disk.img /dev/zero
	ok "$name: e2fsck finds nothing" e2fsck -fn "disk.img?offset=$((start * 512))"
	is "$name: the files are there" "$(ext_files "disk.img?offset=$((start * 512))")" "$(ext_files "before.img?offset=$((start * 512))")"
	# shellcheck disable=SC2046  # two words
	set -- $(place disk.img $root_number)
	is "$name: the root grows up to what moved" "$1 $(($1 + $2))" "$start $end"
	is "$name: and its file system fills it" "$(dumpe2fs -h "disk.img?offset=$((start * 512))" 2>/dev/null | awk '/^Block count/ { n = $3 } /^Block size/ { print n * $3 / 4096 }')" $(($2 / 8))
	before=$(image_sum disk.img)
	agent_run disk.img "\"move_swap\":true${fields:-}"
	is "$name: a second run has nothing to do" "$agent_event $agent_changed $(image_sum disk.img)" "done false $before"
}

# 200 MiB have 409600 sectors. What moves keeps its place within 1 MiB.
root_number=1 swap_number=2
for page in 4096 65536; do
	area 6M $page
	echo $page >page.bytes
	"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4 '-b 4096' part 2 69632 6M 82 - ./content
	end=$((409600 - 12288)) moved "MBR, pages of $page" 2048 69632 12288 $((409600 - 12288))
done
echo 4096 >page.bytes
area 6M 4096

# In an unusual place within its MiB, and with room left free behind it; chosen by its number.
"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4 '-b 4096' part 2 70001 6M 82 - ./content
fields=',"partition":1,"leave_bytes":10485760' end=$((70001 + (409600 - 20480 - 82289) / 2048 * 2048))
moved 'MBR, odd start, room left' 2048 70001 12288 $((70001 + (409600 - 20480 - 82289) / 2048 * 2048))
fields=

# A GPT; the swap has the lower number.
root_number=3 swap_number=1
"$images/gpt-disk" disk.img 64M part 3 2048 32M $root / - ext4 '-b 4096' part 1 69632 6M $swap swap - ./content
to=$((69632 + (409600 - 33 - 81920) / 2048 * 2048))
end=$to moved GPT 2048 69632 12288 $to
ok "GPT: sgdisk finds nothing" sh -c 'sgdisk -v disk.img | grep -q "No problems found"'
cmp -l disk.img before.img 2>/dev/null | awk '$1 > 34 * 512 && $1 <= 2048 * 512' >changed
is "GPT: nothing has changed between table and root" "$(cat changed)" ''

# As the installers of Debian leave it: logical, alone in an extended partition.
debian() {
	"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4 '-b 4096'
	printf '67584,%s,5\n' "$extended" | sfdisk -q --append disk.img
	printf '69632,12288,82\n' | sfdisk -q --append disk.img
	dd if=content of=disk.img bs=512 seek=69632 conv=notrunc status=none
}
root_number=1 swap_number=5 extended=16384
debian
to=$((69632 + (409600 - 83968) / 2048 * 2048))
end=$((to - 2048)) moved 'in an extended partition' 2048 69632 12288 $to
is "in an extended partition: that is as large as it was" "$(place disk.img 2)" "$((to - 2048)) 16384"
ok "in an extended partition: its record is what it was" cmp -i $(((to - 2048) * 512)):$((67584 * 512)) -n 512 disk.img before.img

# CHS addresses that are no fillers: they tell the new place, here beyond the last cylinder.
"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4 '-b 4096' part 2 69632 6M 82 - ./content
cp disk.img chs.img
truncate -s 20G disk.img
agent_run disk.img '"move_swap":true'
is "20 GiB: done" "$agent_event $agent_status $agent_changed" 'done 0 true'
is "20 GiB: start and end are beyond CHS" "$(od -An -tx1 -j $((446 + 16)) -N 8 disk.img | tr -d ' ')" "00feffff82feffff"

# What is not moved is refused, by its name.
area 6M 4096
debian
truncate -s 200M disk.img
"$images/poke" disk.img $((69632 * 512 + 4086)) 533153555350454e4400
refused "hibernated swap" disk.img fs-unclean '"move_swap":true'
extended=32768
debian
printf '90000,1000,83\n' | sfdisk -q --append disk.img
truncate -s 200M disk.img
refused "two partitions in the extended one" disk.img no-room-behind '"move_swap":true,"partition":1'
is "two: the other is named" "$(message | grep -c 'partition 5 (swap, 6 MiB) is after')" 1
"$images/gpt-disk" disk.img 64M part 1 2048 16M $root / - ext4 part 2 40960 4M L home - ext4 part 3 69632 6M $swap - - ./content
truncate -s 200M disk.img
refused "something between root and swap" disk.img no-room-behind '"move_swap":true,"partition":1'
is "between: it is named" "$(message | grep -c 'partition 2 (Linux, 4 MiB, "home") is after')" 1
"$images/gpt-disk" disk.img 64M part 1 2048 16M $root / - ext4 part 2 69632 6M L data - ext4
truncate -s 200M disk.img
refused "no swap behind it" disk.img no-room-behind '"move_swap":true,"partition":1'
is "no swap: it is named" "$(message | grep -c 'partition 2 (Linux, 6 MiB, "data") holds ext4')" 1
agent_run disk.img '"move_swap":true'
is "no swap at the end: the last one grows" "$agent_event $agent_changed $(jq -r 'select(.event == "plan") | .partition' "$agent_events")" 'done true 2'
"$images/poke" content 1028 ffff0000
"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4 part 2 69632 6M 82 - ./content
truncate -s 200M disk.img
refused "a swap larger than its partition" disk.img fs-larger-than-partition '"move_swap":true'

# A record that leads to another one, which holds nothing: that one would be left behind.
area 6M 4096
extended=20480
debian
printf '83968,2048,83\n' | sfdisk -q --append disk.img
link=$(sfdisk --json disk.img | jq '.partitiontable.partitions[-1].start - 2048')
truncate -s 200M disk.img
"$images/poke" disk.img $((link * 512 + 446)) 0000000000000000000000000000000000000000000000000000000000000000
is "a link to an empty record: sfdisk finds no fault" "$(sfdisk --json disk.img 2>&1 | jq -c '[.partitiontable.partitions[].start]')" '[2048,67584,69632]'
refused "a link to an empty record" disk.img no-room-behind '"move_swap":true,"partition":1'
is "a link: it says why" "$(message | grep -c 'its boot record has a link to another one')" 1
# A hybrid MBR would name the place that it has left.
"$images/gpt-disk" disk.img 64M part 1 2048 32M $root / - ext4 '-b 4096' part 2 69632 6M $swap swap - ./content
sgdisk -h 1:2 disk.img >/dev/null
truncate -s 200M disk.img
refused "a hybrid MBR that names the swap" disk.img no-room-behind '"move_swap":true'
is "a hybrid MBR: it says why" "$(message | grep -c 'a hybrid MBR names it as well')" 1

# Without the option it is named where it would help.
area 6M 4096
debian
truncate -s 200M disk.img
refused "without the option" disk.img root-not-last
is "without the option: it is named" "$(message | grep -c -e '--move-swap')" 1
refused "without the option, by number" disk.img no-room-behind '"partition":1'
is "without the option, by number: it is named" "$(message | grep -c -e '--move-swap')" 1
"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4 part 2 69632 6M 83 - ./content
truncate -s 200M disk.img
refused "a swap that its type does not tell" disk.img root-not-last
is "its type does not tell it: the option is named" "$(message | grep -c -e '--move-swap moves it')" 1
"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4 part 2 69632 6M 82 - -
truncate -s 200M disk.img
refused "a type of swap without one" disk.img root-not-last '"move_swap":true'
is "a type of swap without one: that is said" "$(message | grep -c '[Ii]t holds no swap that --move-swap could move')" 1
done_testing
