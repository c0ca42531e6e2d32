#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The power goes at random points. A run is traced once, and cut often: after some operation, with some of what was not
# flushed lost (see powercut). Then as for kills: what is left is the old image, or the next run makes it the new one;
# and now and then the power goes in that run too. CUTS: how many; SEED: which.
# shellcheck disable=SC2034,SC2154  # of tap.sh and faults.sh
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=faults.sh
. "$tests/faults/faults.sh"
# shellcheck source=lossy.sh
. "$tests/faults/lossy.sh"

cuts=${CUTS:-12} cuts_each=6
cut_count=0 again_count=0 what=''
count_none=0 count_working=0 count_verified=0 count_committing=0 count_committed=0

# plan: lines of WHERE;PER-MILLE;SEED;RECOVERY;AGAIN;AGAIN-PER-MILLE. WHERE: behind a flush or a change of names, or
# between the ticket and the end, or anywhere; of those, the record at PER-MILLE.
plan() {
	awk -v seed="$seed" -v count="$cuts" '
		function upto(n) { return int(rand() * n) }
		function one(words, list) { return list[1 + upto(split(words, list, ","))] }
		BEGIN {
			srand(seed)
			for (i = 0; i < count; i++)
				printf "%s;%d;%d;%s;%d;%d\n", one("names,names,ticket,ticket,any"), upto(1000), upto(1000000),
					one("recover,recover,same,more,plain,discard"), rand() < 0.3, upto(1001)
		}'
}

# traced BASE TRACE COMMAND...: the folder's copy from before, and the trace
traced() {
	rm -rf -- "$1"
	"$powercut" save "$room" "$1" || complain "powercut save: $?"
	traced_to=$2
	shift 2
	lossy_on "$room" -t "$traced_to" || complain "lossy: $(cat "$work/lossy.stderr")"
	"$@"
	lossy_off || complain "lossy: $lossy_status $(cat "$work/lossy.stderr")"
	"$powercut" list "$traced_to" >"$work/list"
	last=$(tail -n 1 "$work/list" | cut -d ' ' -f 1)
}

# One run without a fault, to be cut.
trace_run() {
	fresh
	traced "$work/base" "$work/trace" first
	[ "$status $reason" = '0 none' ] || complain "the traced run: $status $reason $(cat "$work/stderr")"
	verified=$(sed -n 's/^\([0-9]*\) n [0-9]* [^ ]* [^ ]*\.verified .*/\1/p' "$work/list")
	awk '{ print $1 }' "$work/list" >"$work/any"
	awk '$2 ~ /[cnuyfF]/ { print $1 }' "$work/list" >"$work/names"
	awk -v verified="$verified" '$1 >= verified - 2 { print $1 }' "$work/list" >"$work/ticket"
	first_last=$last
	[ ! -s "$work/complaints" ]
	tap_line $? "$layout, $accel, $format, log $place: a run of $first_last operations, verified after $verified"
	sed 's/^/#   /' "$work/complaints"
}

# power_off BASE TRACE N first|again: the power goes after record N
power_off() {
	cut_how=$("$powercut" cut "$2" "$1" "$room" "$3" "$cut_seed" 2>&1) || complain "powercut cut: $cut_how"
	was=$(outcome)
	what="$what cut after $3, $cut_how: $was"
	check_remains "$4"
}

# one_cut: as the plan's line says
one_cut() {
	: >"$work/complaints"
	what=
	at=$(awk -v per_mille="$per_mille" '{ line[NR] = $1 } END { print line[1 + int(per_mille * NR / 1000)] }' "$work/$where")
	power_off "$work/base" "$work/trace" "$at" first
	left=$(state)
	eval "count_$left=\$((count_$left + 1))"
	if [ "$again" -eq 1 ]; then
		again_count=$((again_count + 1))
		traced "$work/base.2" "$work/trace.2" recover
		what="$what; $recovery,"
		[ -z "$last" ] || power_off "$work/base.2" "$work/trace.2" $((again_where * last / 1000)) again
	fi
	recover_whole
	[ ! -s "$work/complaints" ]
	tap_line $? "$cut_count: $format, log $place:$what; $recovery" || :
	sed 's/^/#   /' "$work/complaints"
}

can_mount "power cuts" || done_testing
nobody
plan >"$work/plan"
while IFS=';' read -r where per_mille cut_seed recovery again again_where; do
	if [ $((cut_count % cuts_each)) -eq 0 ]; then
		case $((cut_count / cuts_each % 4)) in
		0) format=qcow2 place=beside ;;
		1) format=raw place=beside ;;
		2) format=qcow2 place=aside ;;
		3) format=raw place=aside ;;
		esac
		choose_layout $((cut_count / cuts_each))
		: >"$work/complaints"
		make_sample || break
		trace_run
	fi
	cut_count=$((cut_count + 1))
	one_cut
done <"$work/plan"
is "so many cuts were made" "$cut_count" "$cuts"
is "some left it verified or committing" "$((count_verified + count_committing > 0))" 1
report "power cuts: $cut_count, which left: no log $count_none, working $count_working, verified $count_verified, committing $count_committing, committed $count_committed; $again_count more in the recovery; seed $seed"
done_testing
