# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# One traced boot.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by trace-boot

vm_died_hint="Run it again with --verbose, and report what it says"

# run_machine FOLDER ATTACH SEQ METHOD: becomes rescue-vm, with its events in
# FOLDER.
run_machine() {
	run_folder=$1
	set -- --trace --attach "$2" --attach-at "$opt_attach_at" --seq "$3" --log "$opt_log" --method "$4" --break "$opt_break" --cpus "$opt_cpus" \
		--accel "$opt_accel" --guest "$guest_dir" --disk "$run_folder/disk" --format qcow2 --events "$run_folder/events" --summary "$run_folder/summary" --disk-max-bytes "$(vm_log_max)"
	[ -z "$opt_hold_up" ] || set -- "$@" --hold-up "$opt_hold_up" --hold-up-ms "$opt_hold_up_ms"
	[ -z "$opt_append" ] || set -- "$@" --append "$opt_append"
	[ -z "$opt_rtc" ] || set -- "$@" --rtc "$opt_rtc"
	[ -z "$opt_share" ] || set -- "$@" --share "$opt_share"
	[ "$opt_break" = no ] || set -- "$@" --terminal
	if [ "$opt_allow_backing" = yes ]; then set -- "$@" --read /; else set -- "$@" --read "$image"; fi
	if [ "$opt_quiet" = yes ] || [ "$opt_runs$opt_matrix" != 1no ]; then set -- "$@" --progress none; else set -- "$@" --progress auto; fi
	detail "+ $rescue_vm $*"
	if [ "$opt_break" = no ]; then exec "$rescue_vm" "$@" >&2; else exec "$rescue_vm" "$@" <&3; fi
}

# run_trace FOLDER ATTACH SEQ METHOD: the trace, from the choices and the events in
# the order of their times.
run_trace() {
	jq -Rrc --arg attach "$2" --arg attach_at "$opt_attach_at" --arg seq "$3" --arg log "$opt_log" --arg method "$4" --argjson cpus "$opt_cpus" -n '
		[inputs | fromjson?] as $events
		| {event: "trace", version: 1, attach: $attach, attach_at: $attach_at, seq: $seq, log: $log, method: $method, cpus: $cpus,
		   accel: ([$events[] | select(.event == "machine") | .accel] | last)},
		  ($events | sort_by(.t_us // (.t_ms // 0) * 1000) | .[] | select(.event != "beat")) | del(.host_ms)' "$1/events" >"$1/trace"
}

run_single() {
	mkdir "$work/run" && disk_overlay "$work/run/disk" || fault no-space "The throwaway disk cannot be made in $work" "Make room in ${TMPDIR:-/tmp}"
	ln -s -- run/events "$work/events"
	ln -s -- run/summary "$work/summary"
	keep summary true
	[ "$opt_break" = no ] || run_terminal
	child_run vm run_machine "$work/run" "$opt_attach" "$opt_seq" "$opt_method"
	terminal_back
	phase=host
	[ -z "$caught" ] || fault interrupted "Interrupted by SIG$caught; nothing was changed" "Run it again"
	[ "$child_status" -ne 2 ] || { finished=yes && exit 2; } # rescue-vm has said what is wrong with an option
	vm_verdict
	lock_check_said "$verdict_message"
	[ -z "$verdict_message" ] || verdict_message="$verdict_message; the image is what it was"
	[ "$verdict_event:$child_status" = done:0 ] || run_keep_failed
	vm_check
	run_trace "$work/run" "$opt_attach" "$opt_seq" "$opt_method" || fault no-space "The trace cannot be written in $work" "Make room in ${TMPDIR:-/tmp}"
}

# Of a boot that failed, what was recorded until then.
run_keep_failed() {
	[ -n "$opt_json_file" ] && [ -s "$work/run/events" ] || return 0
	run_trace "$work/run" "$opt_attach" "$opt_seq" "$opt_method" 2>/dev/null || return 0
	put "$work/run/trace" "$opt_json_file"
	say "what was recorded until then is in $opt_json_file"
}

run_terminal() {
	terminal_save || usage_fault "--break needs a terminal on standard input"
	say "a shell at the stage $opt_break; \"exit\" goes on, Ctrl-] three times breaks the boot off"
}
