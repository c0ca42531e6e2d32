# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# One task: one grow-disk, and the record of what came of it. An engine runs
# "grow-fleet --task DIR NUMBER [ENGINE]" on any host that has DIR, once for each image.
# ENGINE is "job" for schedulers that grow-fleet does not start itself (--engine none).
#
# The state directory:
#   fleet.json      schema, and the name of the fleet's jobs
#   tasks/S         the tasks S000 to S999, a line each; a task keeps its number
#   words/S         the same as words of the shell, quoted by jq; an empty line if
#                   they hold a newline
#   list            the numbers that the manifest stands for now
#   results/S/N     the record of task N, one line; it appears whole, by a rename
#   lock            held while a grow-fleet works here
#   slurm/, joblog  of the engines
# shellcheck disable=SC2034,SC2119,SC2120,SC2154  # facts are set by grow-fleet; "set --" makes the arguments of grow-disk

task_child='' task_caught=''

# task_main --task DIR NUMBER [ENGINE [TRIES DELAY]]: never returns. The exit status is
# that of grow-disk.
task_main() {
	trap 'task_signal TERM' TERM
	trap 'task_signal INT' INT
	trap 'task_signal HUP' HUP
	dir=$2 number=$3 engine=${4:-local}
	if [ "$engine" = slurm ]; then
		# shellcheck source=lib/fleet/slurm-task.sh
		. "$fleet/slurm-task.sh"
		slurm_number
	fi
	task_place
	if [ "$engine" = slurm ] && slurm_is_over; then exit 0; fi
	[ "$engine" != job ] || task_end_as_before
	task_grow
	task_record
	if [ "$engine" = slurm ]; then
		slurm_again "$5" "$6"
	else
		printf '%s %s %s %s\n' "$number" "$task_status" "$task_state" "$task_reason"
	fi
	exit "$task_status"
}

# A scheduler of others may start a task that has ended: it ends again, as it did then.
task_end_as_before() {
	was=$(jq -r '.result.status | select(IN(30, 40) | not)' "$record" 2>/dev/null)
	[ -z "$was" ] || exit "$was"
}

# Pass a signal on: not every engine sends it to the whole process group.
# shellcheck disable=SC2317  # the trap calls it
task_signal() {
	task_caught=$1
	[ -z "$task_child" ] || kill -TERM "$task_child" 2>/dev/null
}

task_place() {
	task_file=$dir/tasks/$((number / 1000))
	record=$dir/results/$((number / 1000))/$number
	read -r host </proc/sys/kernel/hostname || host=unknown
	host=${SLURMD_NODENAME:-$host}
	task_out=$(mktemp "${TMPDIR:-/tmp}/grow-fleet.XXXXXX") || exit 40
	trap 'rm -f -- "$task_out" "$task_out.err" "$record.new.$host.$$"' EXIT
}

# Set $words, the arguments of grow-disk, quoted by jq: no name is ever a word of the
# shell. Starting jq costs more than all the rest, so it was done for all at once.
task_words() {
	task_line=$((number % 1000 + 1))
	words=$(sed -n "$task_line{p;q;}" "$dir/words/$((number / 1000))")
	[ -z "$words" ] || return 0
	task=$(sed -n "$task_line{p;q;}" "$task_file") && [ -n "$task" ] || exit 40
	words=$(printf '%s\n' "$task" | jq -r -L "$fleet" 'include "fleet"; words') || exit 40
}

# Run the task's grow-disk in the background.
task_grow() {
	task_words
	begin=$(date +%s)
	eval "set -- $words"
	task_status=0
	if [ -z "$task_caught" ]; then
		"$here/grow-disk" "$@" >"$task_out" 2>"$task_out.err" </dev/null &
		task_child=$!
		[ -z "$task_caught" ] || kill -TERM "$task_child" 2>/dev/null
		while :; do
			task_status=0
			wait "$task_child" || task_status=$?
			[ "$task_status" -gt 128 ] && kill -0 "$task_child" 2>/dev/null || break
		done
		task_child=''
	else
		task_status=143
	fi
}

# Make the record of a first try from a result that is whole: by the shell alone.
# Fails for what is less usual.
task_record_plain() {
	[ ! -e "$record" ] && [ "$task_status" -le 70 ] && [ "$task_status" -ne 40 ] || return 1
	result=$(tr -d '\n' <"$task_out")
	case $result in
	'{'*'"schema": 1'*'"status": '"$task_status,"*'}') ;;
	*) return 1 ;;
	esac
	task_reason=${result#*'"reason": '}
	task_reason=${task_reason%%,*}
	case $task_status:$task_reason:$result in
	0:*'"changed": true'* | 0:*'"recovered": true'*) task_state='done' ;;
	0:*) task_state=nothing ;;
	*:'"'*'"':*) task_state=not-done ;;
	*) return 1 ;;
	esac
	[ "$task_reason" != null ] || task_reason=-
	task_reason=${task_reason#'"'}
	written="$task_status $task_state ${task_reason%'"'}"
	written="{\"n\":$number,\"tries\":1,\"host\":\"$host\",\"engine\":\"$engine\",\"begin\":$begin,\"end\":$(date +%s),\"lacking\":[],\"result\":$result}$newline$written"
}

task_record_by_jq() {
	was=/dev/null
	[ ! -e "$record" ] || was=$record
	written=$(jq -nrR -L "$fleet" -f "$fleet/record.jq" --argjson n "$number" --argjson status "$task_status" --arg host "$host" --arg engine "$engine" \
		--argjson began "$begin" --argjson ended "$(date +%s)" --rawfile was "$was" --rawfile out "$task_out" --rawfile err "$task_out.err") || exit 70
}

# Write the record. A folder that is full for a while must not lose it.
task_record() {
	task_record_plain || task_record_by_jq
	# shellcheck disable=SC2086  # three words
	set -- ${written##*"$newline"}
	task_status=$1 task_state=$2 task_reason=$3
	written=${written%"$newline"*}
	pause=1
	until { printf '%s\n' "$written" >"$record.new.$host.$$" && mv -f -- "$record.new.$host.$$" "$record"; } 2>/dev/null; do
		[ "$pause" -le 64 ] || exit 30
		sleep "$pause"
		pause=$((pause * 2))
	done
}
