# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The host's disk fails: from the N-th operation in the image's folder (or in the temporary one) on, every write,
# allocation, flush, rename, new name (ENOSPC, EIO), or read (EIO) fails. The run must end with a sentence and a fitting
# status; the image is the old one, or a ticket is left, `commit-unfinished` says so, and the next run, without the fault,
# finishes it. A power cut right behind such a run changes nothing of that. To be sourced by a test with $tests and
# $format set. STEPS: how many N of each kind, evenly over the run; SEED: which.
# shellcheck disable=SC2034,SC2154  # of tap.sh and faults.sh

tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=faults.sh
. "$tests/faults/faults.sh"
# shellcheck source=lossy.sh
. "$tests/faults/lossy.sh"

steps=${STEPS:-2} fault_count=0 count_old=0 count_ticket=0 count_finished=0

# numbers TOTAL: which N
numbers() {
	awk -v seed="$seed" -v steps="$steps" -v total="$1" 'BEGIN {
		srand(seed + total)
		if (steps > total) steps = total
		for (i = 0; i < steps; i++) print 1 + int((i + rand()) * total / steps)
	}'
}

# The run that met the fault says what happened. Once all is in the image, a fault of the tidying is none.
check_told() { # check_told ERRNO
	case $status:$reason:$was in
	0:none:finished | 0:none:committed) ;;
	30:commit-unfinished:verified | 30:commit-unfinished:committing | 30:commit-unfinished:committed) ;;
	30:no-space:old) [ "$1" -eq 28 ] || complain "no-space, but errno was $1: $(cat "$work/stderr")" ;;
	30:disk-io:old | 40:folder-not-writable:old) ;;
	*) complain "status $status, $reason, $was: $(cat "$work/stderr")" ;;
	esac
	case $status:$(grep -c '^grow-disk: [A-Za-z/].*\. \[[a-z-]*\]$' "$work/stderr") in
	0:* | *:1) ;;
	*) complain "no sentence: $(cat "$work/stderr")" ;;
	esac
	! grep -q '^/[^ ]*: [0-9]*: \|^[a-z/-]*sh: ' "$work/stderr" || complain "words of the shell: $(cat "$work/stderr")"
	[ "$status" -eq 0 ] || ! jq -e .changed "$work/result" >/dev/null || complain "it says that it changed the image: $(cat "$work/result")"
}

# one_fault FOLDER CLASSES ERRNO N
one_fault() {
	: >"$work/complaints"
	fresh
	nobody
	rm -rf -- "$work/base"
	"$powercut" save "$room" "$work/base"
	lossy_on "$1" -t "$work/trace" -f "$2" -e "$3" -n "$4" || complain "lossy: $(cat "$work/lossy.stderr")"
	first
	lossy_off || complain "lossy: $lossy_status $(cat "$work/lossy.stderr")"
	was=$(outcome)
	what="$faulty, $2 from $4 on, errno $3: $status $reason, $was"
	check_told "$3"
	[ -z "$(ls -A "$tmp")" ] || [ "$faulty" = temporary ] || complain "left in TMPDIR: $(ls -A "$tmp")"
	check_remains first
	case $was in
	old) count_old=$((count_old + 1)) ;;
	finished) count_finished=$((count_finished + 1)) ;;
	*) count_ticket=$((count_ticket + 1)) ;;
	esac
	if [ "$faulty" = image ] && [ $((fault_count % 2)) -eq 0 ]; then
		cut_how=$("$powercut" cut "$work/trace" "$work/base" "$room" 999999 "$((seed + fault_count))" 2>&1) || complain "powercut: $cut_how"
		was=$(outcome)
		what="$what; power cut, $cut_how: $was"
		check_remains first
	fi
	case $((fault_count % 3)) in
	0) recovery=same ;;
	*) recovery=recover ;;
	esac
	recover_whole
	fault_count=$((fault_count + 1))
	[ ! -s "$work/complaints" ]
	tap_line $? "$format: $what; $recovery" || :
	sed 's/^/#   /' "$work/complaints"
}

# walk image|temporary CLASSES ERRNO: how many such operations has a whole run? Then it fails from some on.
walk() {
	faulty=$1
	if [ "$faulty" = image ]; then folder=$room; else folder=$tmp; fi
	fresh
	nobody
	lossy_on "$folder" -f "$2" || complain "lossy: $(cat "$work/lossy.stderr")"
	first
	lossy_off
	total=$lossy_count
	is "$format, $faulty, $2: a run without a fault, of $total operations" "$status $reason" '0 none' || sed "s/^/# /" "$work/stderr"
	numbers "$total" >"$work/numbers"
	while read -r number; do
		one_fault "$folder" "$2" "$3" "$number"
	done <"$work/numbers"
}

can_mount "faults of the disk" || done_testing
place=beside
choose_layout "$(case $format in raw) echo 0 ;; *) echo 1 ;; esac)"
ok "the sample is made: $layout" make_sample
walk image wactn 28
walk image wacfntu 5
walk image fnu 5
walk image r 5
walk temporary wc 28
report "faults of the disk, $format: $fault_count; then the image was old $count_old times, a ticket was left $count_ticket times, all was finished $count_finished times; seed $seed"
done_testing
