# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# SIGKILL at random instants, to the host program, to the keeper of its machine, to QEMU, to the
# sealed process and its storage daemon, to qemu-img, to all at once. After each: what is left
# is the old image, or becomes the new one when the next run, or --recover, finishes it; which is killed now and then
# too. To be sourced by a test with $tests and $format set. KILLS: how many, of both formats together; SEED: which.
#
# All kills are planned from the seed. A part of the instants lies anywhere in the run; a part is aimed, because few of
# the others would hit the commit, which takes a twentieth of the time. A few kills have each kind in due proportion, too
# (a golden-ratio sequence), and more of the aimed ones come early, as a part of the late ones finds the run at its end.
# shellcheck disable=SC2034,SC2154  # of tap.sh and faults.sh

tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=faults.sh
. "$tests/faults/faults.sh"

kills=$((${KILLS:-24} / 2)) kills_each=50
kill_count=0 again_count=0 late_count=0
count_before=0 count_working=0 count_verified=0 count_committing=0 count_committed=0 count_tidied=0

# plan RUN_US TAIL_US: the kills of a round, lines of AIM;DELAY_US;VICTIM;RECOVERY;PLACE;AGAIN;AGAIN-AIM;AGAIN-DELAY_US;AGAIN-VICTIM. Twice as many as
# wanted: some come after the end. From the ticket to the end it takes TAIL_US. AGAIN is how often the recovery is killed as well.
plan() {
	awk -v seed="$((seed + round))" -v format="$format" -v machine="$machine" -v helpers="${helpers:+,$helpers}" -v count=$((kills_each * 2)) -v run_us="$1" -v tail_us="$2" '
		function upto(n) { return int(rand() * n) }
		function least(a, b) { return a < b ? a : b }
		function one(words, list) { return list[1 + upto(split(words, list, ","))] }
		function print_one(aim, within_us, victims) {
			printf "%s;%d;%s;%s;%s;%d;%s;%d;%s\n", aim, upto(aim == "start" ? within_us : within_us * rand()), one(victims),
				one("recover,recover,same,more,plain,discard"), one("beside,beside,aside"), one("0,0,0,0,0,1,1,2,3"),
				one("start,name:.committing|.verified,runs:qemu-img commit"), upto(300000), one("all,all,first")
		}
		BEGIN {
			srand(seed + (format == "raw"))
			first_kind = upto(100)
			for (i = 0; i < count; i++) {
				kind = (first_kind + i * 61.803) % 100
				if (kind < 30) print_one("start", run_us, "all,all,first")
				else if (kind < 42) print_one("runs:" machine, run_us * 0.7, "all,first,vm-keeper," machine helpers)
				else if (kind < 52) print_one("ended:" machine, 400000, "all,first")
				else if (kind < 57) print_one("name:.verified", 2500, "all,all,first")
				else if (kind < 67) print_one("name:.verified|.committing", least(200000, tail_us), "all,all,first")
				else if (kind < 80) print_one("runs:qemu-img commit", least(50000, tail_us * 0.4), "all,first,qemu-img commit")
				else if (kind < 92) print_one("name:.committing", tail_us * 0.8, "all,all,first")
				else print_one("name:.committed", tail_us * 0.3, "all,first")
			}
		}'
}

# A script that was not killed itself says how the run ended, and tidies up: all is old, or a ticket is left, and said.
check_survivor() {
	case $victim in
	all | first) return ;;
	esac
	[ -z "$(ls -A "$tmp")" ] || complain "left in TMPDIR: $(ls -A "$tmp")"
	case $status:$reason:$was in
	0:none:finished | 30:commit-unfinished:committing) ;;
	30:*:old | 40:*:old | 70:*:old) [ "$(names)" = disk.img ] || complain "status $status, $reason, and there are: $(names)" ;;
	*) complain "status $status, $reason, $was: $(cat "$work/stderr")" ;;
	esac
}

# The recovery, killed: so often as $again says.
recover_killed() {
	while [ "$again" -gt 0 ]; do
		again=$((again - 1)) aim=$again_aim delay_us=$again_delay_us victim=$again_victim
		recover
		[ "$hit" -gt 0 ] || break
		again_count=$((again_count + 1))
		check_remains again
		what="$what; $recovery killed, then $(outcome)"
	done
	nobody
}

# Where the kill hit, by the names that lay there at that instant. A name that is changed meanwhile can be missed; but
# when all are dead, what is left is what was hit.
place_hit() {
	hit_at=$was
	[ "$victim:$was" = all:verified ] || [ "$victim:$was" = all:committing ] || [ "$victim:$was" = all:committed ] ||
		for hit_at in committed committing verified log ''; do
			! grep -q "^name .*\.$hit_at\$" "$work/strike" || break
		done
	case $hit_at:$was in
	log:*) hit_at=working ;;
	:finished) hit_at=tidied ;;
	:*) hit_at=before ;;
	esac
}

# one_kill: what the plan's line says. False if the run had ended before.
one_kill() {
	: >"$work/complaints"
	fresh
	first
	was=$(outcome)
	place_hit
	what="$victim, $aim + $((delay_us / 1000)) ms, $place: $hit_at, then $was"
	check_remains first
	[ "$hit" -gt 0 ] || [ -s "$work/complaints" ] || return 1
	check_survivor
	recover_killed
	recover_whole
}

# How long it takes, in all, and from the ticket to its end.
instant_us() {
	aim=$1
	fresh
	run "$image" "$first_bytes"
}

# A disk of the next layout, and how long a run takes with it.
begin_round() {
	choose_layout "$round"
	ok "the sample is made: $layout, $accel" make_sample || return 1
	nobody
	fresh
	run "$image" "$first_bytes"
	is "$layout, $accel: a run that nobody kills" "$status $reason" '0 none' || sed "s/^/# /" "$work/stderr"
	ok "$layout, $accel: its disk is the new one" is_new "$first_bytes"
	instant_us gone:.committed && end_us=$at_us
	instant_us name:.verified && tail_us=$((end_us - at_us))
	[ "$tail_us" -gt 20000 ] || tail_us=20000
	plan "$end_us" "$tail_us" >"$work/plan"
}

# Kills of runs with one layout, until there are so many in all.
kill_until() {
	while [ "$kill_count" -lt "$1" ] && IFS=';' read -r aim delay_us victim recovery place again again_aim again_delay_us again_victim; do
		one_kill || {
			late_count=$((late_count + 1))
			continue
		}
		kill_count=$((kill_count + 1))
		eval "count_$hit_at=\$((count_$hit_at + 1))"
		[ ! -s "$work/complaints" ]
		tap_line $? "$kill_count: $layout, $accel: $what; $recovery" || :
		sed 's/^/#   /' "$work/complaints"
	done <"$work/plan"
}

# Each format begins with another layout.
round=0
[ "$format" = raw ] || round=1
before=-1
while [ "$kill_count" -lt "$kills" ] && [ "$kill_count" -gt "$before" ]; do
	begin_round || break
	before=$kill_count
	wanted=$((before + kills_each))
	[ "$wanted" -le "$kills" ] || wanted=$kills
	kill_until "$wanted"
	round=$((round + 1))
done
is "so many kills hit a run" "$kill_count" "$kills"
is "some hit it verified or committing" "$((count_verified + count_committing > 0))" 1
report "kills, $format: $kill_count hit a run (the last layout: of $((end_us / 1000)) ms): $count_before before the log, $count_working working, $count_verified verified, $count_committing committing, $count_committed committed, $count_tidied tidied up; $late_count came too late; $again_count more hit the recovery; seed $seed"
done_testing
