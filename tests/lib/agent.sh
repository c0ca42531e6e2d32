# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The guest's agent, built with sanitizers, as a program of the host, against a raw image file: most of what a grow does, in a fraction of a
# second. To be sourced behind tap.sh.
# shellcheck disable=SC2154  # build, source_tree, work: of tap.sh

# shellcheck source=../lib/size.sh
. "$tests/lib/size.sh"

agent=${GROW_DISK_AGENT:-$build/asan/rescue}
tools_dir=$("$source_tree/initramfs/parts" e2fsprogs)/sbin || exit 1

# agent_run DISK [FIELDS]: FIELDS are more fields of the request, JSON. Afterwards: $agent_status, and of the last event
# $agent_event, $agent_reason, $agent_changed; all events in $agent_events.
agent_run() {
	agent_events=$work/events agent_status=0
	printf '{"request":"grow","protocol":1%s}\n' "${2:+,$2}" |
		"$agent" --disk "$1" --tools "$tools_dir" --run-dir "$work" >"$agent_events" 2>"$work/agent.stderr" || agent_status=$?
	{
		read -r agent_event
		read -r agent_reason
		read -r agent_changed
	} <<-LINES
		$(tail -n 1 "$agent_events" | jq -r '.event // "none", .reason // "none", (if has("changed") then .changed else "none" end)')
	LINES
}

# grown NAME DISK SIZE JUDGE-OPTION...: the disk gets SIZE, the agent grows, the judge is content.
# The partition to note down must have been given to `judge before … "$work/facts"`.
grown() {
	grown_name=$1 grown_disk=$2 grown_size=$(to_bytes "$3")
	shift 3
	truncate -s "$grown_size" "$grown_disk"
	agent_run "$grown_disk" "${agent_fields:-}"
	is "$grown_name: done, changed" "$agent_event $agent_status $agent_changed" 'done 0 true' || {
		tail -n 3 "$agent_events" "$work/agent.stderr" | sed 's/^/#   /'
		return 1
	}
	ok "$grown_name: the judge is content" "$judge" after "$grown_disk" "$work/facts" --size "$grown_size" "$@"
}

# refused NAME DISK REASON [FIELDS]: the agent says so, and the disk is what it was.
refused() {
	refused_before=$(image_sum "$2")
	agent_run "$2" "${4:-}"
	is "$1: refused" "$agent_event $agent_reason" "fault $3" || tail -n 3 "$agent_events" "$work/agent.stderr" | sed 's/^/#   /'
	is "$1: the disk is what it was" "$(image_sum "$2")" "$refused_before"
}
