# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The state directory, from the side of the driver: the manifest becomes tasks, the
# records become a summary. What lies where: task.sh.
# shellcheck disable=SC2016,SC2034,SC2154  # $ is for jq; facts are set and read by grow-fleet

# state_open DIR: of an earlier run.
state_open() {
	[ -f "$1/fleet.json" ] || fault 10 fleet-not-found "$1 is not a state directory of grow-fleet" "Name the directory that --dir named"
	dir=$(readlink -f -- "$1")
	fleet_name=$(jq -r 'select(.schema == 1) | .name' "$dir/fleet.json" 2>/dev/null)
	[ -n "$fleet_name" ] || fault 10 fleet-not-found "$1/fleet.json is not of a version that is known"
}

# Make it, or go on with it, for this run alone.
state_take() {
	manifest_read
	[ -e "$opt_dir/fleet.json" ] || state_make
	state_open "$opt_dir"
	touch -- "$dir/lock" 2>/dev/null || fault 40 folder-not-writable "The state directory $dir cannot be written" "Name another by --dir"
	exec 9<"$dir/lock"
	flock -n 9 || fault 30 fleet-busy "Another grow-fleet works in $dir" "Wait for its end, or end it"
	[ "$opt_engine" != slurm ] || slurm_check
	state_tasks
}

state_make() {
	if [ -d "$opt_dir" ] && [ -n "$(ls -A -- "$opt_dir")" ]; then
		fault 10 fleet-not-found "The directory $opt_dir is not empty and is not a state directory of grow-fleet" "Name another by --dir"
	fi
	mkdir -p -- "$opt_dir/tasks" "$opt_dir/words" "$opt_dir/results" "$opt_dir/slurm" 2>/dev/null &&
		printf '{"schema":1,"name":"grow-fleet-%s"}\n' "$(od -An -tx4 -N4 /dev/urandom | tr -d ' ')" >"$opt_dir/fleet.json" ||
		fault 40 folder-not-writable "The state directory $opt_dir cannot be made" "Name another by --dir"
}

# Read the manifest into $work/wanted, one task a line; refuse it with the first lines
# that are wrong.
manifest_read() {
	case $manifest in
	-) cat >"$work/manifest" ;;
	*)
		[ -f "$manifest" ] || [ -p "$manifest" ] || fault 10 manifest-unreadable "There is no manifest $manifest"
		cat -- "$manifest" >"$work/manifest" 2>/dev/null || fault 10 manifest-unreadable "The manifest $manifest cannot be read"
		;;
	esac
	iconv -f UTF-8 -t UTF-8 "$work/manifest" >/dev/null 2>&1 ||
		fault 10 manifest-invalid "The manifest is not UTF-8" "Names in other encodings cannot be written in a manifest; link to such images"
	jq -cnR -f "$fleet/manifest.jq" --arg folder "${PWD%/}/" "$work/manifest" >"$work/read" || fault 70 internal "The manifest cannot be parsed" "Please report it, with the manifest"
	manifest_faults "$(jq -r 'select(.fault) | "line \(.line): \(.fault)"' "$work/read")"
	[ -s "$work/read" ] || fault 10 manifest-invalid "The manifest names no image"
	manifest_twins
	jq -c '{image, size, options}' "$work/read" >"$work/wanted"
}

# manifest_faults LINES: at most ten of them are shown.
manifest_faults() {
	[ -n "$1" ] || return 0
	count=$(printf '%s\n' "$1" | wc -l)
	printf '%s\n' "$1" | head -n 10 | while IFS= read -r line; do
		[ "$count" -eq 1 ] || printf '%s: %s\n' "$program_name" "$(safe "$line")" >&2
	done
	[ "$count" -gt 1 ] || fault 10 manifest-invalid "In the manifest, $1"
	fault 10 manifest-invalid "The manifest has $count lines that are wrong" "Nothing was begun"
}

# One image under two names, behind links too, would be grown twice at once.
manifest_twins() {
	jq -j '.image + "\u0000"' "$work/read" | xargs -0 -r realpath -mz -- >"$work/real" 2>/dev/null ||
		fault 70 internal "The names of the images cannot be resolved" "Please report it"
	manifest_faults "$(jq -r --rawfile real "$work/real" -s '
		(to_entries | map([($real | split("\u0000"))[.key], .value.line])) as $all
		| reduce $all[] as [$name, $line] ({seen: {}, twins: []};
			if .seen[$name] then .twins += ["line \($line): \($name) stands in line \(.seen[$name]) already"] else .seen[$name] = $line end)
		| .twins[]' "$work/read")"
}

# Give each task its number: the one that it had, or the next.
state_tasks() {
	: >"$work/known"
	shard=0
	while [ -e "$dir/tasks/$shard" ]; do
		cat -- "$dir/tasks/$shard" >>"$work/known"
		shard=$((shard + 1))
	done
	jq -cn --slurpfile known "$work/known" --slurpfile wanted "$work/wanted" '
		def key: [.image, .size, .options] | tojson;
		($known | map({key: key, value: .n}) | from_entries) as $numbers
		| foreach $wanted[] as $task ({next: ($known | length), out: null};
			($numbers[$task | key]) as $n
			| if $n != null then .out = {n: $n, known: true}
			  else .out = ({n: .next} + $task) | .next += 1 end; .out)' >"$work/numbered"
	jq -c 'select(.known | not)' "$work/numbered" >"$work/new"
	jq .n "$work/numbered" >"$work/list"
	cat -- "$work/known" "$work/new" >"$work/tasks"
	awk -v prefix="$work/shard." '{ print >(prefix int((NR - 1) / 1000)) }' "$work/tasks"
	jq -r -L "$fleet" 'include "fleet"; words | if contains("\n") then "" else . end' "$work/tasks" |
		awk -v prefix="$work/words." '{ print >(prefix int((NR - 1) / 1000)) }'
	shard=0 count=$(wc -l <"$work/tasks")
	while [ $((shard * 1000)) -lt "$count" ]; do
		mkdir -p -- "$dir/results/$shard" && state_put "$work/words.$shard" "$dir/words/$shard" && state_put "$work/shard.$shard" "$dir/tasks/$shard"
		shard=$((shard + 1))
	done
	state_put "$work/list" "$dir/list"
}

# state_put FROM TO: whole, or not at all.
state_put() {
	! cmp -s -- "$1" "$2" || return 0
	cp -- "$1" "$2.new" 2>/dev/null && mv -f -- "$2.new" "$2" || fault 30 no-space "The state directory $dir cannot be written" "Free some space, and run it again"
}

# Every task and every record, a line each, for jq.
state_lines() {
	find "$dir/tasks" "$dir/results" -type f ! -name '*.new*' -exec grep -h '' {} +
}

# state_rows PROGRAM [OPTION]...: jq over the rows of the list.
state_rows() {
	rows_program=$1
	shift
	state_lines | jq -nR -L "$fleet" --slurpfile list "$dir/list" "$@" "include \"fleet\"; $rows_program"
}

# state_left STATUS...: the numbers of the tasks that have no record, or one of these statuses.
state_left() {
	state_rows 'rows($list) | select(.result == null or (.result.status as $status | $again | index($status))) | .n' --argjson again "[$1]"
}

# Print the summary, and write the page.
state_show() {
	state_lines | jq -nR -L "$fleet" --slurpfile list "$dir/list" --arg dir "$dir" -f "$fleet/status.jq" >"$work/status" ||
		fault 70 internal "The records cannot be summed up" "Please report it"
	if [ -n "$opt_html" ]; then
		jq -r -L "$fleet" -f "$fleet/status-html.jq" "$work/status" >"$work/page" &&
			cp -- "$work/page" "$opt_html.new" 2>/dev/null && mv -f -- "$opt_html.new" "$opt_html" ||
			fault 30 no-space "The page $opt_html cannot be written" "Free some space, or name another"
	fi
	if [ "$opt_json" = yes ]; then
		speak <"$work/status"
	elif [ "$opt_quiet" = no ]; then
		jq -r -L "$fleet" -f "$fleet/status-text.jq" "$work/status" >"$work/text"
		speak <"$work/text"
	fi
}

# Set $verdict: what a scheduler that runs grow-fleet itself is to do.
state_verdict() {
	verdict=$(state_rows '[rows($list) | .state] | . as $states
		| first((["left", 30], ["waiting", 30], ["host", 40], ["fault", 70], ["damaged", 20], ["refused", 10], [null, 0])
			| select(.[0] as $state | $state == null or ($states | index($state))) | .[1])')
}
