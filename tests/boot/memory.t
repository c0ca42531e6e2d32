#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A file system that needs more memory than the virtual machine has: refused, with that reason, by a guest
# that goes on to say so; never a guest that hangs, and never an exit status that means damage.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

cd "$work" || exit 1
ok "a disk with 2^29 inodes is made" "$images/many-inodes-disk" disk.img
ok "the log" qemu-img create -q -f qcow2 -b "$work/disk.img" -F raw log

# vm MIB [OPTION]...: a machine of that size; $status, $event, and for how many milliseconds it was silent at most
vm() {
	memory=$1 status=0
	shift
	: >events
	timeout -k 5 600 "$build/grow-disk-host" machine --disk "$work/log" --format qcow2 --guest "$build" --accel tcg --progress none \
		--events events --console console --memory "$memory" "$@" >said 2>&1 || status=$?
	event=$(tail -n 1 events | jq -r '[.event, .reason // .changed, .stage // empty] | join(" ")')
	silence=$(jq -s '[.[] | select(.event != "machine") | .t_ms // empty] | [.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | max' events)
}

# In the first, e2fsck asks at once for more than there is; in the second, for piece after piece.
for mib in 72 96; do
	vm $mib
	is "$mib MiB: refused" "$status $event" '10 fault fs-needs-memory check-before' || tail -n 5 events said console | sed 's/^/#   /'
	is "$mib MiB: the message names e2fsck and the memory" \
		"$(tail -n 1 events | jq -r .message | grep -cx 'e2fsck needs more memory than the machine has ([0-9.]* MiB)')" 1
	ok "$mib MiB: never silent for half of what counts as a hang (at most $silence ms)" test "$silence" -le 15000
	is "$mib MiB: the check had begun, and has no end" "$(jq -r 'select(.event == "check" and .state != "progress") | .state' events | tr '\n' ' ')" 'begin '
	is "$mib MiB: the kernel did not panic" "$(grep -ci 'kernel panic' console)" 0
done
vm 72 --plan
is "a plan of it needs no more" "$status $event" '0 done false'

"$images/openwrt-disk" small.img
truncate -s 1G small.img
ok "another log" qemu-img create -q -f qcow2 -b "$work/small.img" -F raw log
vm 72
is "72 MiB do for an ordinary disk" "$status $event" '0 done true' || tail -n 5 events said console | sed 's/^/#   /'
is "no process is left" "$(processes_in "$work")" ''
done_testing
