# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The engine slurm, from the side of the driver: what is left becomes job arrays. The
# side of the task: slurm-task.sh.
# shellcheck disable=SC2034,SC2154  # facts are set by grow-fleet

# Jobs of this fleet that are still there would do the same work again.
slurm_check() {
	need sbatch slurm-client
	slurm_jobs || fault 40 scheduler-failed "Slurm does not answer: $(head -n 1 "$work/stderr")" "Run it on a host of the cluster, when slurmctld runs"
	[ ! -s "$work/jobs" ] || fault 30 fleet-busy "$(wc -l <"$work/jobs") tasks of an earlier run are in Slurm's queue" "Wait for their end, or: scancel --name=$fleet_name"
}

# The tasks in the queue, a line each, with the reason why they wait.
slurm_jobs() {
	squeue --noheader --array --name="$fleet_name" --format='%i %r' >"$work/jobs" 2>"$work/stderr"
}

slurm_run() {
	state_left "30,40${opt_again:+,$opt_again}" >"$work/left"
	[ -s "$work/left" ] || return 0
	slurm_limit=$(scontrol show config 2>/dev/null | sed -n 's/^MaxArraySize *= *\([0-9]*\)$/\1/p')
	[ -n "$opt_chunk" ] && [ "$opt_chunk" -lt "${slurm_limit:-1000}" ] || opt_chunk=${slurm_limit:-1000}
	arrays=0
	run=$(date +%s).$$
	find "$dir/slurm" -type f -name '[0-9]*.[0-9]*' -delete
	split -l "$opt_chunk" -a 6 -d "$work/left" "$dir/slurm/$run." 2>/dev/null || fault 30 no-space "The state directory $dir cannot be written" "Free some space, and run it again"
	set +f
	for chunk in "$dir/slurm/$run."*; do slurm_submit; done
	set -f
	[ "$opt_quiet" = yes ] || say "$(wc -l <"$work/left") images in $arrays job arrays; scancel --name=$fleet_name ends them"
	if [ "$opt_wait" = yes ]; then
		slurm_wait
		return
	fi
	finished=yes
	exit 0
}

# Submit one array. The batch script holds two names, quoted.
slurm_submit() {
	[ -z "$caught" ] || slurm_cancel
	set -- --parsable --requeue --job-name="$fleet_name" --chdir="$dir" --output=slurm/log --open-mode=append \
		--array="0-$(($(wc -l <"$chunk") - 1))${opt_jobs:+%$opt_jobs}"
	while IFS= read -r option; do
		[ -z "$option" ] || set -- "$@" "$option"
	done <<-END
		$engine_options
	END
	jq -nr --arg folder "$PWD" --args '"#!/bin/sh", ("cd \([$folder] | @sh) && exec \($ARGS.positional | @sh)")' -- \
		"$self" --task "$dir" "$chunk" slurm "$opt_tries" "$opt_delay" >"$work/script"
	phase=many
	sbatch "$@" "$work/script" >/dev/null 2>"$work/stderr" ||
		fault 40 scheduler-failed "Slurm takes no job: $(tail -n 1 "$work/stderr")" "See sbatch(1); $arrays job arrays were submitted. Run it again when they have ended"
	phase=host
	arrays=$((arrays + 1))
}

# Wait until no task is in the queue. Slurm may be away for a while.
slurm_wait() {
	phase=many pause=1 releases=0
	while [ -z "$caught" ]; do
		if slurm_jobs; then
			[ -s "$work/jobs" ] && slurm_release || break
			stage "$(wc -l <"$work/jobs") of $(wc -l <"$work/left") in the queue"
		fi
		sleep "$pause" &
		child=$!
		wait "$child"
		[ "$pause" -ge 10 ] || pause=$((pause + 1))
	done
	kill "$child" 2>/dev/null
	child='' phase=host
	stage_end
	[ -z "$caught" ] || slurm_cancel
}

# Slurm holds a task that a node could not start, and waits for a person. Fails when
# nothing but such tasks is left, and they have been let go often enough.
slurm_release() {
	sed -n 's/ launch failed requeued held$//p' "$work/jobs" >"$work/held"
	[ -s "$work/held" ] || return 0
	if [ "$releases" -lt "$opt_tries" ]; then
		releases=$((releases + 1))
		while read -r id; do scontrol release "$id"; done <"$work/held" >/dev/null 2>&1
	elif [ "$(wc -l <"$work/held")" -eq "$(wc -l <"$work/jobs")" ]; then
		say "Slurm holds $(wc -l <"$work/held") tasks that no node could start; scancel --name=$fleet_name ends them"
		return 1
	fi
}

slurm_cancel() {
	scancel --name="$fleet_name" 2>/dev/null
	fault 30 interrupted "Interrupted by SIG$caught; the jobs are cancelled, and every image is whole" "Run it again: it does what is left"
}
