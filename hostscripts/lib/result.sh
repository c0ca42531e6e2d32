# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What is said at the end: the result object, or a few lines.
# shellcheck disable=SC2034,SC2154  # the facts are set all over grow-disk

result_object() {
	now_ms
	events=/dev/null
	beside_events=/dev/null
	[ -z "$work" ] || [ ! -e "$work/events" ] || events=$work/events
	[ "$vm_leave" = no ] || [ ! -e "$work/beside-events" ] || beside_events=$work/beside-events
	jq -Rn -f "$lib/result.jq" \
		--arg version "$grow_disk_version" --arg verb "$opt_verb" --arg recovered "$recovered" --arg discarded "$discarded" --arg changed "$changed" \
		--arg pending "$pending" --arg pending_before "$pending_before" --arg pending_after "$pending_after" \
		--arg image "$image" --arg format "$image_format" \
		--arg size_before "$size_before" --arg size_after "$size_after" \
		--arg reason "$fault_reason" --arg status "$fault_status" --arg message "$fault_message" --arg hint "$fault_hint" \
		--arg fence_compared "$fence_compared" --arg fence_differing "$fence_differing" \
		--arg boot_code_before "${marks_image%% *}" --arg boot_code_after "${marks_log%% *}" \
		--arg limits "$limits" \
		--arg ms_fence "$ms_fence" --arg ms_commit "$ms_commit" --arg ms_total "$((now - ms_begin))" "$beside_events" "$events"
}

# With --json, for results and refusals. Without jq only the refusal of that
# very lack can happen, and its words need no escaping.
result_print() {
	if command -v jq >/dev/null; then
		result_object
	else
		printf '{"schema":1,"changed":false,"reason":"%s","status":%s}\n' "$fault_reason" "$fault_status"
	fi
}

result_verdict() {
	trap '' HUP INT QUIT TERM # what was done is done
	stage_end
	if [ "$opt_json" = yes ]; then
		result_print
	elif [ "$opt_quiet" = no ]; then
		result_object | jq -r -f "$lib/verdict.jq"
	fi
}
