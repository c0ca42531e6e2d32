# SPDX-License-Identifier: GPL-2.0-or-later
# The record of a task, as one line; then its status, state and reason for the engine.
# What grow-disk printed may be nothing: it was killed, or could not even start.
include "fleet";

def last_words: $err | split("\n") | map(select(. != "")) | last // "";

def without_result:
	(if $status > 128 then 30 elif [2, 10, 20, 30, 40, 70] | index($status) then $status else 70 end) as $meant
	| {schema: 1, changed: null, status: $meant, size_before_bytes: null, size_after_bytes: null, hint: null,
	   reason: ((last_words | capture("\\[(?<word>[a-z0-9-]+)\\]$").word) // (if $meant == 30 then "interrupted" else "internal" end)),
	   message: (if $status > 128 then "A signal (\($status - 128)) ended grow-disk" elif last_words != "" then last_words else "grow-disk ended without a result" end)};

($was | fromjson? // null) as $before
| (($out | fromjson? | objects | select(.status | type == "number")) // without_result) as $result
| {n: $n, tries: (($before.tries // 0) + 1), host: $host, engine: $engine, begin: $began, end: $ended,
   lacking: (($before.lacking // []) + (if $result.status == 40 then [$host] else [] end) | unique), result: $result}
| tojson, "\(.result.status) \(.result | state_of) \(.result.reason // "-")"
