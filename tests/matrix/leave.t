#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Room that stays free at the end of the disk: --leave.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"
cd "$work" || exit 1

size() { sfdisk --json disk.img | jq ".partitiontable.partitions[$1].size"; }

# unchanged NAME FIELDS
unchanged() {
	before=$(image_sum disk.img)
	agent_run disk.img "$2"
	is "$1: nothing to do" "$agent_event $agent_changed $(image_sum disk.img)" "done false $before"
}

"$images/mbr-disk" disk.img 64M part 1 2048 8M 83 boot ext4 '-b 1024' part 2 65536 16M 83 - ext4 '-b 1024'
"$judge" before disk.img 2 facts
agent_fields='"leave_bytes":10485760,"disk_before_bytes":67108864'
grown MBR disk.img 128M --end $((262144 - 20480))
unchanged "MBR, a second time" '"leave_bytes":10485760'
unchanged "MBR, more to leave" '"leave_bytes":20971520'
before=$(image_sum disk.img)
truncate -s 133M disk.img
agent_run disk.img '"leave_bytes":20971520,"disk_before_bytes":134217728'
is "MBR, all of the new room is left: the disk alone grows" "$agent_event $agent_changed $(size 1)" "done true $((262144 - 20480 - 65536))"
truncate -s 128M disk.img
agent_run disk.img '"leave_bytes":512'
is "MBR, one sector" "$agent_changed $(size 1)" "true $((262144 - 1 - 65536))"
ok "MBR, one sector: e2fsck finds nothing" e2fsck -fn 'disk.img?offset=33554432'

"$images/gpt-disk" disk.img 64M part 1 2048 8M U ESP - - part 2 65536 16M L root - ext4 '-b 1024'
truncate -s 128M disk.img
agent_run disk.img '"leave_bytes":10485760'
is "GPT: grown, in whole grains" "$agent_event $agent_changed $(size 1)" "done true $(((262144 - 33 - 20480 - 65536) / 8 * 8))"
ok "GPT: sgdisk finds nothing" sh -c 'sgdisk -v disk.img | grep -q "No problems found"'
ok "GPT: e2fsck finds nothing" e2fsck -fn 'disk.img?offset=33554432'
unchanged "GPT, a second time" '"leave_bytes":10485760'
agent_run disk.img '"leave_bytes":0'
is "GPT, nothing to leave: the rest" "$agent_changed $(size 1)" "true $(((262144 - 33 - 65536) / 8 * 8))"

truncate -s 32M whole.img
mke2fs -q -F -t ext4 whole.img
truncate -s 64M whole.img
refused "a disk without a table" whole.img table-not-mbr '"leave_bytes":1048576'
done_testing
