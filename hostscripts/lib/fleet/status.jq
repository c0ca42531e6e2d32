# SPDX-License-Identifier: GPL-2.0-or-later
# The summary of a fleet as one object: counts by state and reason, and a row for each image.
include "fleet";

def sum_of(f): map(f // 0) | add // 0;

[rows($list)] as $rows
| {schema: 1, dir: $dir, total: ($rows | length),
   states: (states | map(.[0] as $state | {key: $state, value: ($rows | map(select(.state == $state)) | length)}) | from_entries),
   reasons: ($rows | map(select(.result.reason) | {state, reason: .result.reason}) | group_by([.state, .reason])
	| map(.[0] + {count: length}) | sort_by([.state, -.count])),
   grown_bytes: ($rows | map(select(.state == "done" and .result.changed)) | sum_of(.result.size_after_bytes - .result.size_before_bytes)),
   seconds: ($rows | sum_of(if .begin then .end - .begin else 0 end)),
   images: ($rows | map({n, image, size, options, state, tries, host: .host, begin: .begin, end: .end,
	reason: .result.reason, status: .result.status, message: .result.message, hint: .result.hint,
	size_before_bytes: .result.size_before_bytes, size_after_bytes: .result.size_after_bytes,
	ms: .result.timings_ms.total}))}
