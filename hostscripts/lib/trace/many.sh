# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Many traced boots: a list of what to boot, worked off by several at once.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by trace-boot

workers='' # their pids

# A line for each run: number, attach, seq, method. Every choice once, then every
# one again: if it is stopped half way, all have been tried as often.
many_list() {
	number=0 round=0
	while [ "$round" -lt "$opt_runs" ]; do
		# shellcheck disable=SC2086  # these are lists of words
		for seq in $opt_seq; do
			for attach in $opt_attach; do
				for method in $opt_method; do
					number=$((number + 1))
					printf '%s %s %s %s\n' "$number" "$attach" "$seq" "$method"
				done
			done
		done
		round=$((round + 1))
	done
}

# many_worker N: every run whose number is N modulo the number of workers. A
# machine ends with the worker that started it.
many_worker() {
	trap - HUP INT QUIT TERM EXIT
	while read -r number attach seq method; do
		[ $((number % opt_jobs)) -eq "$1" ] || continue
		many_one "$work/run-$number" "$attach" "$seq" "$method" >"$work/result-$number.new"
		mv -- "$work/result-$number.new" "$work/result-$number"
		rm -rf -- "$work/run-$number"
		many_tell
	done <"$work/list"
}

# many_one FOLDER ATTACH SEQ METHOD: prints the result.
many_one() {
	many_status=70
	mkdir "$1" && disk_copy "$1/disk" && {
		many_status=0
		(run_machine "$@" 2>/dev/null) || many_status=$?
	}
	[ "$many_status" -ne 0 ] || run_trace "$@" || many_status=$?
	[ "$many_status" -ne 0 ] || jq -nRr -L "$lib" -f "$lib/verdict.jq" "$1/trace" >"$1/verdict" || many_status=$?
	[ "$many_status" -eq 0 ] || echo '{}' >"$1/verdict"
	[ -e "$1/events" ] || : >"$1/events"
	jq -nc --arg attach "$2" --arg attach_at "$opt_attach_at" --arg seq "$3" --arg log "$opt_log" --arg method "$4" --argjson cpus "$opt_cpus" \
		--argjson status "$many_status" --slurpfile verdict "$1/verdict" --rawfile events "$1/events" '
		{attach: $attach, attach_at: $attach_at, seq: $seq, log: $log, method: $method, cpus: $cpus, failed: ($status != 0), status: $status}
		+ (if $status == 0 then {missing: ($verdict[0].missing | length), mended: $verdict[0].mended, lost: $verdict[0].lost, sentence: $verdict[0].sentence}
		   else {missing: null, mended: null, lost: null,
		         sentence: ([$events | split("\n")[] | fromjson? | select(.event == "fault") | .message] | last // "the virtual machine ended without a result")} end)'
}

many_tell() {
	[ "$opt_quiet" = no ] || return 0
	stage "run $number: $attach, seq $seq, $method: $(jq -r 'if .failed then "failed: \(.sentence)" elif .missing > 0 then "\(.missing) missing" else "all there" end' "$work/result-$number")"
}

many_stop() {
	for worker in $workers; do kill -TERM "$worker" 2>/dev/null; done
	for worker in $workers; do wait "$worker" 2>/dev/null; done
	workers=''
}

many_run() {
	many_list >"$work/list"
	phase=many
	[ -z "$caught" ] || fault_interrupted
	started=0
	while [ "$started" -lt "$opt_jobs" ]; do
		many_worker "$started" &
		workers="$workers $!"
		started=$((started + 1))
	done
	for worker in $workers; do
		while ! wait "$worker" && [ -z "$caught" ] && kill -0 "$worker" 2>/dev/null; do :; done
	done
	phase=host
	[ -z "$caught" ] || fault_interrupted
	workers=''
}
