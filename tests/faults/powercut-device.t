#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The power goes while a block device is grown: a loop device, whose file and whose logs are in a directory that loses what
# was not flushed (see powercut). A run is traced once and cut often; then the next run makes the new disk of what is left.
# CUTS: how many; SEED: which. As root alone, who has loop devices.
# shellcheck disable=SC2034,SC2154  # of tap.sh and faults.sh
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
format=raw accel=native limit_s=120
# shellcheck source=faults.sh
. "$tests/faults/faults.sh"
# shellcheck source=lossy.sh
. "$tests/faults/lossy.sh"

# On a disk: a log in memory is refused.
room=$(mktemp -d "$build/powercut.XXXXXX") loop=''
aside=$room/aside image=$room/disk.img
grown_mib=48 cuts=${CUTS:-10}
count_none=0 count_working=0 count_verified=0 count_committing=0 count_committed=0

test_cleanup() {
	[ -z "$loop" ] || losetup -d "$loop"
	lossy_off
	rm -rf -- "$room"
}

attach() { loop=$(losetup -f --show "$image" 2>>"$work/said") || loop=''; }
detach() { losetup -d "$loop" && loop='' && sync; }

# grow ARGUMENT...: of the device
grow() {
	attach
	[ -n "$loop" ] || complain "losetup: $(tail -n 1 "$work/said")"
	run "$@" --work-dir "$aside" "$loop"
	detach
}

is_old() { [ "$(image_sum "$image")" = "$old_sum" ]; }

# The old disk, some of whose signatures are zero.
is_closed() {
	cp --sparse=always -- "$work/sample" "$work/old" && truncate -s "${grown_mib}M" "$work/old"
	[ "$(stat -c %s "$image")" = $((grown_mib << 20)) ] && cmp -l "$work/old" "$image" | awk '$3 != 0 || NR > 64 { exit bad = 1 } END { exit bad }'
}

# A disk whose volume was enlarged.
fresh() {
	rm -rf -- "${room:?}"/*
	mkdir -- "$aside"
	cp --sparse=always -- "$work/sample" "$image"
	truncate -s "${grown_mib}M" "$image"
	old_sum=$(image_sum "$image")
}

trace_run() {
	make_sample && fresh
	rm -rf -- "$work/base"
	"$powercut" save "$room" "$work/base" || complain "powercut save: $?"
	lossy_on "$room" -t "$work/trace" || complain "lossy: $(cat "$work/lossy.stderr")"
	grow
	lossy_off || complain "lossy: $lossy_status $(cat "$work/lossy.stderr")"
	[ "$status $reason" = '0 none' ] || complain "the traced run: $status $reason $(cat "$work/stderr")"
	is_new $((grown_mib << 20)) >"$work/said" || complain "the judge: $(cat "$work/said")"
	"$powercut" list "$work/trace" >"$work/list"
	verified=$(sed -n 's/^\([0-9]*\) n [0-9]* [^ ]* [^ ]*\.verified .*/\1/p' "$work/list")
	inode=$(stat -c %i "$image")
	[ ! -s "$work/complaints" ]
	tap_line $? "$layout: a run of $(wc -l <"$work/list") operations, $(awk -v inode="$inode" '$2 == "w" && $3 == inode' "$work/list" | wc -l) of them writes to the device"
	sed 's/^/#   /' "$work/complaints"
}

# The record to cut after: first the last write to the device, when the commit has surely begun; then one of those since
# the ticket was complete, or of all.
point() {
	if [ $((cut % 5)) -eq 0 ]; then
		awk -v inode="$inode" '$2 == "w" && $3 == inode { last = $1 } END { print last }' "$work/list"
		return
	fi
	awk -v verified="$verified" -v seed="$1" -v late="$(($1 % 4))" '
		late == 0 || $1 >= verified - 2 { line[n++] = $1 }
		END { srand(seed); print line[int(rand() * n)] }' "$work/list"
}

# Without a ticket whose commit has begun, the disk is the old one or, at the end, the new one.
one_cut() {
	: >"$work/complaints"
	at=$(point "$1")
	cut_how=$("$powercut" cut "$work/trace" "$work/base" "$room" "$at" "$1" 2>&1) || complain "powercut cut: $cut_how"
	left=$(state)
	eval "count_$left=\$((count_$left + 1))"
	case $left in
	verified) is_old || is_closed || complain "verified, and the disk is neither the old one nor closed" ;;
	none | working) is_old || is_new $((grown_mib << 20)) >"$work/said" || complain "neither old nor new: $(cat "$work/said")" ;;
	esac
	case $left:$(($1 % 2)) in
	none:* | working:* | *:0) grow ;;
	*) grow --recover ;;
	esac
	[ "$status" = 0 ] || complain "the next run: status $status: $(cat "$work/stderr")"
	[ -z "$(ls -A "$aside")" ] || complain "left: $(ls -A "$aside")"
	is_new $((grown_mib << 20)) >"$work/said" || complain "the judge: $(cat "$work/said")"
	[ ! -s "$work/complaints" ]
	tap_line $? "$layout: cut after $at, $cut_how: $left; then new" || :
	sed 's/^/#   /' "$work/complaints"
}

[ "$(id -u)" = 0 ] || { skip 'power cuts of a device' 'this is not root' && done_testing; }
truncate -s 1M "$image"
attach
[ -n "$loop" ] || { skip 'power cuts of a device' 'there are no loop devices here' && done_testing; }
detach
mkdir -p "$aside"
can_mount 'power cuts of a device' || done_testing
nobody
cut=0
while [ "$cut" -lt "$cuts" ]; do
	if [ $((cut % 5)) -eq 0 ]; then
		case $((cut / 5 % 2)) in
		0) layout=mbr ;;
		1) layout=gpt ;;
		esac
		: >"$work/complaints"
		trace_run
	fi
	one_cut $((seed + cut))
	cut=$((cut + 1))
done
ok 'some left it committing' [ "$count_committing" -ge $((cuts / 5)) ]
report "power cuts of a device: $cuts, which left: no log $count_none, working $count_working, verified $count_verified, committing $count_committing, committed $count_committed; seed $seed"
done_testing
