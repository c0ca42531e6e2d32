# SPDX-License-Identifier: GPL-2.0-or-later
# What the parts of grow-fleet share: what a result means, and which state a task is in.

# The states, in the order in which they are shown: name, title, colour of its bar.
def states: [
	["done", "done", "#2da44e"],
	["nothing", "nothing to do", "#8c959f"],
	["refused", "refused", "#bf8700"],
	["damaged", "damaged", "#cf222e"],
	["waiting", "waiting", "#0969da"],
	["host", "host faults", "#8250df"],
	["fault", "faults", "#6e0a1e"],
	["left", "not begun", "#d0d7de"]];

# The state of a result object (docs/reason-codes.md has the statuses).
def state_of:
	if . == null then "left"
	elif .status == 0 then (if .changed or .recovered then "done" else "nothing" end)
	elif .status == 10 or .status == 2 then "refused"
	elif .status == 20 then "damaged"
	elif .status == 30 then "waiting"
	elif .status == 40 then "host"
	else "fault" end;

# The arguments of a task's grow-disk, for a shell.
def words: ["--json"] + .options + ["--", .image] + [.size // empty] | @sh;

# Make text safe for a terminal, and for XML: control characters become their pictures.
def visible: explode | map(
	if . < 32 then . + 9216
	elif . == 127 then 9249
	elif . >= 128 and . < 160 or . == 65534 or . == 65535 then 65533
	else . end) | implode;

# From lines of tasks and records: the tasks of the list, each with its last record.
def rows($list):
	(reduce (inputs | fromjson? | objects) as $line ({};
		if $line.result then .results[$line.n | tostring] = $line else .tasks[$line.n | tostring] = $line end)) as $all
	| $list[] | tostring as $n
	| $all.tasks[$n] + ($all.results[$n] // {tries: 0, result: null})
	| .state = (.result | state_of);
