# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The engines. Those of this host work in rounds: what has ended with status 30 is
# tried again by the next one, after a while, so that nobody waits for it in between.
# shellcheck disable=SC2034,SC2154  # facts are set by grow-fleet

engine_run() {
	case $opt_engine in
	local) ;;
	none)
		[ "$opt_quiet" = yes ] || say "$(wc -l <"$dir/list") tasks; each is: $program_name --task $dir NUMBER job"
		return
		;;
	parallel) need parallel parallel ;;
	slurm)
		slurm_run
		return
		;;
	esac
	[ -n "$opt_jobs" ] || opt_jobs=$(getconf _NPROCESSORS_ONLN)
	round=1 delay=$opt_delay
	state_left "30,40${opt_again:+,$opt_again}" >"$work/left"
	while [ -s "$work/left" ]; do
		engine_round
		[ -z "$caught" ] || fault 30 interrupted "Interrupted by SIG$caught; every image is whole" "Run it again: it does what is left"
		[ "$round" -lt "$opt_tries" ] || break
		state_left 30 >"$work/left"
		[ -s "$work/left" ] || break
		engine_rest
		round=$((round + 1)) delay=$((delay * 2))
	done
}

# Wait before the next round. A signal ends it.
engine_rest() {
	stage "$(wc -l <"$work/left") to be tried again in $delay s"
	sleep "$delay" &
	child=$! phase=many
	while ! wait "$child" && [ -z "$caught" ]; do :; done
	[ -z "$caught" ] || { kill "$child" && fault_interrupted; } 2>/dev/null
	child='' phase=host
	stage_end
}

# One round. The engine has a session of its own, so that a signal that is meant for
# grow-fleet ends all of it in order. It has ended when the last task has closed the pipe.
engine_round() {
	rm -f -- "$work/said" && mkfifo "$work/said"
	phase=many
	engine_show <"$work/said" &
	shower=$!
	"engine_$opt_engine" >"$work/said" 2>"$work/stderr" <"$work/left" &
	engine=$!
	for signal in HUP INT QUIT TERM; do
		# shellcheck disable=SC2064  # this signal
		trap "engine_stop $signal" "$signal"
	done
	[ -z "$caught" ] || engine_stop "$caught"
	while ! wait "$shower" && kill -0 "$shower" 2>/dev/null; do :; done
	wait "$engine"
	engine_status=$?
	phase=host
	stage_end
	engine_check
}

# engine_stop SIGNAL: tell all of the engine. It may not have its session yet. GNU
# parallel gives each task a process group, waits for the tasks after the first
# signal, and passes on the second.
# shellcheck disable=SC2317  # a trap calls it
engine_stop() {
	caught=$1
	until kill -TERM "-$engine" 2>/dev/null || ! kill -0 "$engine" 2>/dev/null; do sleep 0.1; done
	[ "$opt_engine" != parallel ] || { sleep 0.5 && kill -TERM "-$engine"; } 2>/dev/null
}

# What cleanup of child.sh calls: nothing else is left.
# shellcheck disable=SC2317
cleanup_own() { :; }

# xargs ends with 123, parallel with the number of tasks, when tasks ended with a status but 0.
# What tasks say themselves, they say when they cannot do their work.
engine_check() {
	[ -z "$caught" ] || return 0
	[ ! -s "$work/stderr" ] || say "$(head -n 1 "$work/stderr")"
	case $opt_engine:$engine_status in
	*:0 | local:123) return 0 ;;
	parallel:*) [ "$engine_status" -gt 101 ] || return 0 ;;
	esac
	fault 70 internal "The engine ended with status $engine_status: $(head -n 1 "$work/stderr")" "Run it again: it does what is left"
}

engine_local() {
	exec setsid xargs -n 1 -P "$opt_jobs" "$self" --task "$dir"
}

engine_parallel() {
	# A grow that is told to end does so in order, and may first have to end a commit.
	set -- --will-cite -q --jobs "$opt_jobs" --joblog "+$dir/joblog" --termseq TERM,600000,KILL,25
	while IFS= read -r option; do
		[ -z "$option" ] || set -- "$@" "$option"
	done <<-END
		$engine_options
	END
	exec setsid parallel "$@" "$self" --task "$dir" '{}' parallel
}

# Read what tasks say, "NUMBER STATUS STATE REASON", and show how far it is.
engine_show() {
	trap '' HUP INT QUIT TERM
	trap - EXIT
	ended=0 all=$(wc -l <"$work/left") failed=0
	while read -r number status state reason; do
		ended=$((ended + 1))
		[ "$status" = 0 ] || failed=$((failed + 1))
		if [ "$opt_verbose" = yes ]; then
			engine_tell
		elif [ -t 2 ]; then
			stage "$ended of $all${failed:+, $failed of them not done}"
		fi
	done
}

engine_tell() {
	image=$(sed -n "$((number % 1000 + 1)){p;q;}" "$dir/tasks/$((number / 1000))" | jq -r .image)
	printf '%s: %s: %s%s\n' "$program_name" "$(safe "$image")" "$state" "$([ "$reason" = - ] || printf ' [%s]' "$reason")" >&2
}
