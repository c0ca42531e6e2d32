# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The engine slurm, from the side of a task: which image it is, and whether it comes
# again. Called as --task DIR CHUNK slurm TRIES DELAY.
# shellcheck disable=SC2034,SC2154  # facts are set by task.sh

slurm_longest_s=86400

# The task of the array stands for a line of the chunk.
slurm_number() {
	chunk=$number
	number=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1)){p;q;}" "$chunk")
	[ -n "$number" ] || exit 70
	slurm_id=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
	slurm_tries=$((${SLURM_RESTART_COUNT:-0} + 1))
}

# Was it done since the array was submitted? Slurm starts a task again when its node is lost.
slurm_is_over() {
	[ -n "$(find "$record" -newer "$chunk" 2>/dev/null)" ] && jq -e '.result.status | IN(30, 40) | not' "$record" >/dev/null 2>&1
}

# slurm_again TRIES DELAY: put the task back into the queue where that can help. A task
# that was cancelled stays so.
slurm_again() {
	[ -z "$task_caught" ] && [ "$slurm_tries" -lt "$1" ] || return 0
	case $task_status:$task_reason in
	30:interrupted) ;;
	30:*)
		slurm_delay=$2 slurm_doublings=1
		while [ "$slurm_doublings" -lt "$slurm_tries" ] && [ "$slurm_delay" -lt "$slurm_longest_s" ]; do
			slurm_delay=$((slurm_delay * 2)) slurm_doublings=$((slurm_doublings + 1))
		done
		slurm_requeue "StartTime=now+$slurm_delay"
		;;
	40:*)
		slurm_lacking=$(jq -r '.lacking | join(",")' "$record")
		! slurm_other_node || slurm_requeue "ExcNodeList=$slurm_lacking"
		;;
	esac
}

# Is there a node that has not been found lacking?
slurm_other_node() {
	sinfo --noheader --Node --partition="${SLURM_JOB_PARTITION:-}" --format=%N | sort -u |
		grep -qvxF -e "$(printf '%s\n' "$slurm_lacking" | tr ',' '\n')"
}

# slurm_requeue CHANGE: Slurm ends this script as soon as it has heard of that, and the
# change can be made only then: a task that runs has no time to start.
slurm_requeue() {
	trap '' TERM
	scontrol requeue "$slurm_id" && scontrol update "JobId=$slurm_id" "$1"
}
