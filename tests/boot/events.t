#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-disk --events: the device events of a grow, warm and cold, complete, and in
# a form that trace-boot and trace-diff take.
# shellcheck disable=SC2016,SC2034,SC2154  # $ is for jq; tap.sh reads tap_place, and has the rest
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
set -u
mkdir "$work/tmp" "$work/a b, é"
export TMPDIR="$work/tmp"
cd "$work" || exit 1
"$images/openwrt-disk" made || exit 1

# asks PROGRAM: of the whole trace, as an array.
asks() { jq -rs "$1" "$trace"; }

trace="$work/a b, é/trace"
for start in warm cold; do
	cp made disk
	case $start in
	warm) "$grow_disk" -q --events "$trace" disk 300M 2>err ;;
	cold) "$grow_disk" -q --no-warm --events "$trace" disk 300M 2>err ;;
	esac
	is "$start: status" $? 0
	is "$start: the first line" "$(head -n 1 "$trace" | jq -r '"\(.event) \(.version)"')" 'trace 1'
	is "$start: in the order of time" "$(asks '[.[].t_us | values] | . == sort')" true
	is "$start: no SEQNUM is left out" "$(asks '[.[] | select(.event == "uevent").seqnum] | length >= 3 and . == [range(min; max + 1)]')" true
	is "$start: the last one is the kernel's last" "$(asks '([.[] | select(.event == "uevent").seqnum] | max) == ([.[] | select(.event == "seqnum" and .moment == "end").seqnum] | first)')" true
	is "$start: nothing is lost" "$(asks '[.[] | select(.event == "lost")]')" '[]'
	is "$start: the nodes of the disk appear" "$(asks '[.[] | select(.event == "node" and (.path | test("^/dev/sd")) and .state == "appeared" and .by == "devtmpfs").path] | sort | join(" ")')" '/dev/sda /dev/sda1 /dev/sda2'
	is "$start: and none goes" "$(asks '[.[] | select(.event == "node" and .state == "gone" and (.path | test("^/dev/sd")))]')" '[]'
	is "$start: stages" "$(asks '[.[] | select(.event == "mark" and .what == "stage").text] | join(" ")')" \
		'disk table probe plan check-before write-table resize check-after verify flush'
	is "$start: two checks and a resize" "$(asks '[.[] | select(.event == "process" and .state == "start" and (.program == "e2fsck" or .program == "resize2fs")).program] | join(" ")')" 'e2fsck resize2fs e2fsck'
	is "$start: no event after the table" "$(asks '([.[] | select(.event == "mark" and .what == "table-write").t_us] | first) as $t | [.[] | select(.event == "uevent" and .t_us > $t)] | length')" 0
	"$source_tree/hostscripts/trace-boot" --from "$trace" >out 2>err
	is "$start: trace-boot shows it" "$? $(grep -c 'Every node that the kernel has is there' out)" '0 1'
	cp "$trace" "$start"
done
"$source_tree/hostscripts/trace-diff" warm cold >out
ok "trace-diff compares them" [ $? -le 1 ]

# Of a grow that fails, too.
cp made disk
dd if=/dev/zero of=disk bs=512 seek=33794 count=2 conv=notrunc status=none
rm "$trace"
"$grow_disk" -q --events "$trace" disk 300M 2>err
is "a grow that fails: status" $? 10
is "a grow that fails: its events" "$(asks '[.[] | select(.event == "fault").reason] | join(",")')" fs-unknown
"$grow_disk" -q --events disk disk 300M 2>err
is "over the image: status" $? 2
"$grow_disk" -q --events "$work/none/x" disk 300M 2>err
is "nowhere: status" $? 2
is "no file left" "$(ls -A "$TMPDIR")" ''
done_testing
