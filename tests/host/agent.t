#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The agent when its tools misbehave: it beats while they work, and every way
# they can end becomes one fault. Runs on the host, with tools of our own make.
# shellcheck disable=SC2016 # scripts for other shells are in single quotes
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
real=$(cached e2fsprogs)/sbin || exit 1
agent=$build/asan/rescue
sbin=$work/sbin
mkdir "$sbin"
"$images/openwrt-disk" "$work/disk"
truncate -s 300M "$work/disk"

# tool NAME SCRIPT: what stands in for it.
tool() {
	printf '#!/bin/sh\n%s\n' "$2" >"$sbin/$1"
	chmod 755 "$sbin/$1"
}

# run [REQUEST]: the agent's exit status in $status, its events in $work/events.
run() {
	status=0
	printf '%s\n' "${1:-{\"request\":\"grow\",\"protocol\":1\}}" |
		"$agent" --disk "$work/disk" --tools "$sbin" --run-dir "$work" >"$work/events" 2>"$work/stderr" || status=$?
}

last() {
	tail -n 1 "$work/events" | jq -r '[.event, .reason // .changed, .stage // empty] | join(" ")'
}

message() {
	tail -n 1 "$work/events" | jq -r .message
}

# fault NAME STATUS EVENT
fault() {
	is "$1" "$status $(last)" "$2 fault $3"
	is "$1: said once, as the last event" "$(grep -c '"event":"fault"\|"event":"done"' "$work/events")" 1
	is "$1: nothing on standard error" "$(cat "$work/stderr")" ''
}

tool resize2fs 'exec "'"$real"'/resize2fs" "$@"'
tool e2fsck 'sleep 3; exit 0'
before=$(image_sum "$work/disk")
run '{"request":"plan","protocol":1}'
is 'a plan is done and changes nothing' "$status $(last)" '0 done false'
ok 'a plan starts no tool' test "$(grep -c '"check"' "$work/events")" -eq 0
is 'the disk is what it was' "$(image_sum "$work/disk")" "$before"

tool e2fsck 'sleep 6; exit 8'
run
fault 'e2fsck gives up' 20 'fs-unrepairable check-before'
gaps=$(jq -s '[.[] | .t_ms] | [.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | max' "$work/events")
ok "it is never silent for as long as the tool (at most $gaps ms)" test "$gaps" -le 4000
ok 'more than one beat came' test "$(grep -c '"beat"' "$work/events")" -ge 3

# A disk that lets the agent wait: opening a pipe takes until its other end is open.
mkfifo "$work/slow"
(sleep 6 && exec 3>"$work/slow" && sleep 1) &
echo '{"request":"plan","protocol":1}' | "$agent" --disk "$work/slow" --tools "$sbin" --run-dir "$work" >"$work/events" 2>&1
wait
gaps=$(jq -s '[.[] | .t_ms] | [.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | max' "$work/events")
ok "nor when the agent itself waits (at most $gaps ms)" test "$gaps" -le 4000
ok 'the beats name the stage' test "$(grep -c '"beat".*"disk"' "$work/events")" -ge 4

tool e2fsck 'echo "root: Inode 12 is odd"; echo "root: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY."; exit 4'
run
fault 'damage that needs a decision' 20 'fs-unclean check-before'
ok 'and it is quoted' grep -q 'Inode 12 is odd' "$work/events"
run '{"request":"grow","protocol":1,"repair":"all"}'
fault 'damage that no repair mends' 20 'fs-unrepairable check-before'
# What e2fsck says of an MMP block that an e2fsck left behind when it was killed.
tool e2fsck 'echo "e2fsck: MMP: e2fsck being run while checking MMP block"
echo "MMP check failed: If you are sure the filesystem is not in use on any node, run:"
echo "'"'tune2fs -f -E clear_mmp /dev/sda2'"'"
echo "MMP_block:"; echo "root: ********** WARNING: Filesystem still has errors **********"; exit 12'
for repair in safe all; do
	run '{"request":"grow","protocol":1,"repair":"'$repair'"}'
	fault "marked as in use, repair $repair" 20 'fs-unclean check-before'
	is "it is no damage, repair $repair" "$(message)" \
		'the file system is not damaged, but marked as in use: MMP: e2fsck being run while checking MMP block'
	ok "and the cure is named, repair $repair" test "$(tail -n 1 "$work/events" | jq -r .hint | grep -c 'tune2fs -f -E clear_mmp')" -eq 1
done
echo 0 >"$work/runs"
tool e2fsck 'read -r n <"'"$work"'/runs"; echo $((n + 1)) >"'"$work"'/runs"; exit 1'
run '{"request":"grow","protocol":1,"repair":"all"}'
fault 'damage that every run mends anew' 20 'fs-unrepairable check-before'
is 'four runs are enough' "$(cat "$work/runs")" 4

tool e2fsck 'kill -KILL $$'
run
fault 'e2fsck is killed for its memory' 10 'fs-needs-memory check-before'
is 'and it says how much there is' "$(tail -n 1 "$work/events" | jq -r .message | sed 's/[0-9.]* [GM]iB/N/')" \
	'e2fsck needs more memory than the machine has (N)'
said='e2fsck was killed by signal 11 (Segmentation fault)'
tool e2fsck 'kill -SEGV $$'
run
fault 'e2fsck crashes' 70 'internal check-before'
is 'and the signal is named' "$(message)" "$said"
tool e2fsck 'echo "e2fsck 1.47.0 (5-Feb-2023)"; echo "Signal (11) SIGSEGV si_code=SEGV_MAPERR fault addr=(nil)"; echo "[0x414dd1]"; exit 8'
run
fault 'e2fsck catches its own crash' 70 'internal check-before'
is 'and the signal is named, no line of the backtrace' "$(message)" "$said"

# e2fsck 1.47.0 can die while it writes its problem log; without the log it does its work.
tool e2fsck 'case "$*" in *problem_log*) kill -SEGV $$ ;; esac; exec "'"$real"'/e2fsck" "$@"'
cp "$work/disk" "$work/saved"
run
is 'e2fsck crashes with its problem log only: grown' "$status $(last)" '0 done true'
is 'each check says that its list of repairs is not complete' \
	"$(jq -s -c '[.[] | select(.event == "check" and .state == "end") | .repairs_complete] | unique' "$work/events")" '[false]'
mv "$work/saved" "$work/disk"
run '{"request":"check","protocol":1}'
is 'a check that changes nothing has no list' "$(jq -c 'select(.event == "check" and .state == "end") | .repairs_complete' "$work/events")" null
echo 0 >"$work/runs"
tool e2fsck 'read -r n <"'"$work"'/runs"; echo $((n + 1)) >"'"$work"'/runs"; kill -KILL $$'
run
is 'after a kill for its memory it is not tried again' "$(cat "$work/runs")" 1
rm "$sbin/e2fsck"
run
fault 'e2fsck is missing' 70 'internal check-before'
is 'so far nothing was written' "$(image_sum "$work/disk")" "$before"

tool e2fsck 'exec "'"$real"'/e2fsck" "$@"'
for broken in 'exit 1' 'exit 0' 'yes | head -c 5000000; exit 1'; do
	cp "$work/disk" "$work/saved"
	tool resize2fs "$broken"
	run
	case $broken in
	'exit 0') fault 'resize2fs lies' 70 'not-verified verify' ;;
	*) fault "resize2fs fails ($broken)" 10 'fs-resize-failed resize' ;;
	esac
	mv "$work/saved" "$work/disk"
done

cp "$work/disk" "$work/saved"
tool resize2fs 'kill -SEGV $$'
run
fault 'resize2fs crashes' 70 'internal resize'
is 'and the signal is named: resize2fs' "$(message)" 'resize2fs was killed by signal 11 (Segmentation fault)'
mv "$work/saved" "$work/disk"

tool resize2fs '"'"$real"'/resize2fs" "$@" && "'"$real"'/debugfs" -w -R "clri etc" "$3"'
cp "$work/disk" "$work/saved"
run
fault 'the resized file system is damaged' 70 'not-verified check-after'
mv "$work/saved" "$work/disk"

run '{"request":"plan","protocol":1}'
is 'the plan names the steps' "$(jq -r 'select(.event == "plan") | .steps' "$work/events")" \
	'check-before write-table resize check-after verify'

# A check is long where 50,000 inodes are in use, or more.
"$images/mbr-disk" "$work/inodes" 65M part 1 2048 64M 83 - ext4 '-b 1024 -N 60000'
inodes=$(dumpe2fs -h "$work/inodes?offset=1048576" 2>/dev/null | sed -n 's/^Inode count: *//p')
tool e2fsck 'exit 8'
tool resize2fs 'exit 1'
for used in 49999 50000; do
	cp "$work/inodes" "$work/many"
	debugfs -w -R "ssv free_inodes_count $((inodes - used))" "$work/many?offset=1048576" >/dev/null 2>&1
	truncate -s 100M "$work/many"
	echo '{"request":"grow","protocol":1,"leave_checks":"long"}' | "$agent" --disk "$work/many" --tools "$sbin" --run-dir "$work" >"$work/events" 2>&1
	is "with $used inodes in use the check may be left" "$(jq -r 'select(.event == "plan") | .check_left' "$work/events")" \
		"$([ "$used" = 50000 ] && echo true || echo false)"
done

status=0
# A superblock made to hurt: never a crash, never a disk that was touched.
for field in 'desc_size 0' 'desc_size 65535' 'inodes_per_group 0' 'blocks_per_group 0' 'log_block_size 60' 'inode_size 3' \
	'log_cluster_size 50' 'reserved_gdt_blocks 65535' 'first_ino 0' 'rev_level 99'; do
	"$images/mbr-disk" "$work/crafted" 40M part 1 2048 32M 83 - ext4 '-O 64bit'
	"$real/debugfs" -w -R "ssv $field" "$work/crafted?offset=1048576" >/dev/null 2>&1
	truncate -s 100M "$work/crafted"
	before=$(image_sum "$work/crafted")
	status=0
	echo '{"request":"grow","protocol":1}' | "$agent" --disk "$work/crafted" --tools "$real" --run-dir "$work" >"$work/events" 2>&1 || status=$?
	is "superblock with $field: a fault" "$status $(last | cut -d ' ' -f 1)" '20 fault'
	is "superblock with $field: untouched" "$(image_sum "$work/crafted")" "$before"
done

for request in '' '{}' 'nonsense' '{"request":"grow","protocol":2}'; do
	run "$request "
	fault "a request that is none ($request)" 70 'guest-protocol request'
done
status=0
"$agent" --disk "$work/disk" --tools "$sbin" >/dev/null 2>&1 </dev/null || status=$?
is 'no request at all' "$status" 70
ok 'a wire that nobody reads does not stop it' sh -c 'echo "{\"request\":\"plan\",\"protocol\":1}" | "$1" --disk "$2" --tools "$3" | head -c 1 >/dev/null' - "$agent" "$work/disk" "$sbin"
status=0
"$agent" --disk >/dev/null 2>&1 || status=$?
is 'wrong arguments' "$status" 2
done_testing
