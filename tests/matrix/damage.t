#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Damaged file systems, and states that only look like damage: what is repaired, and what the refusal says.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"

disk=$work/disk.img
export E2FSCK_TIME=1700000000 E2FSPROGS_FAKE_TIME=1700000000 # lost+found is made, and the judge compares its time
all='"repair":"all"'

# check_end FIELD: of the first check, as the agent tells it
check_end() {
	jq -r -s "[.[] | select(.event == \"check\" and .state == \"end\")][0].$1" "$agent_events"
}

# A file without a name, and no lost+found to put it in: e2fsck 1.47.0 dies of a null pointer while it logs that.
"$images/mbr-disk" "$disk" 33M part 1 2048 32M 83 - ext4 '-b 1024'
echo hello >"$work/hello"
for command in "write $work/hello a-file" 'unlink a-file' 'unlink lost+found'; do
	debugfs -w -R "$command" "$disk?offset=1048576" >/dev/null 2>&1
done
"$judge" before "$disk" 1 "$work/facts" --repaired y
agent_fields=$all grown "a file without a name, and no lost+found" "$disk" 64M
is "the list of repairs is told to be not complete" "$(check_end repairs_complete)" false
ok "some repairs are counted" test "$(check_end repairs)" -ge 1

"$images/mbr-disk" "$disk" 33M part 1 2048 32M 83 - ext4 '-b 1024'
debugfs -w -R 'unlink /etc/shadow' "$disk?offset=1048576" >/dev/null 2>&1
rm -rf -- "$work/facts"
"$judge" before "$disk" 1 "$work/facts" --repaired y
agent_fields=$all grown "a file without a name" "$disk" 64M
is "where the log could be written, nothing is said about that" "$(check_end repairs_complete)" null

done_testing
