# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# One traced boot.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by trace-boot

# run_machine FOLDER ATTACH SEQ METHOD: become the virtual machine, with its events
# in FOLDER.
run_machine() {
	run_folder=$1
	set -- --trace --attach "$2" --attach-at "$opt_attach_at" --seq "$3" --log "$opt_log" --method "$4" --break "$opt_break" --cpus "$opt_cpus" \
		--accel "$opt_accel" --guest "$guest_dir" --disk "$run_folder/disk" --format qcow2 --events "$run_folder/events" --disk-max-bytes "$disk_max_bytes"
	[ -z "$opt_hold_up" ] || set -- "$@" --hold-up "$opt_hold_up" --hold-up-ms "$opt_hold_up_ms"
	[ -z "$opt_append" ] || set -- "$@" --append "$opt_append"
	[ -z "$opt_rtc" ] || set -- "$@" --rtc "$opt_rtc"
	[ -z "$opt_share" ] || set -- "$@" --share "$opt_share"
	[ "$opt_break" = no ] || set -- "$@" --terminal
	if [ "$opt_allow_backing" = yes ]; then set -- "$@" --read /; else set -- "$@" --read "$image"; fi
	if [ "$opt_quiet" = yes ] || [ "$opt_runs$opt_matrix" != 1no ]; then set -- "$@" --progress none; else set -- "$@" --progress auto; fi
	detail "+ $host machine $*"
	if [ "$opt_break" = no ]; then exec "$host" machine "$@" >&2; else exec "$host" machine "$@" <&3; fi
}

# Read the last event of the single run. Its message and hint begin with a capital.
run_verdict() {
	verdict_event='' verdict_reason='' verdict_message='' verdict_hint=''
	[ -e "$work/run/events" ] || return 0
	jq -Rrn 'def text: (. // "") | explode | map(select(. >= 32)) | implode;
		def sentence: text | (.[:1] | ascii_upcase) + .[1:];
		last(inputs | fromjson?) // {} | (.event | text), (.reason | text), (.message | sentence), (.hint | sentence)' \
		"$work/run/events" >"$work/verdict"
	{
		IFS= read -r verdict_event
		IFS= read -r verdict_reason
		IFS= read -r verdict_message
		IFS= read -r verdict_hint
	} <"$work/verdict"
}

# run_trace FOLDER ATTACH SEQ METHOD: write the trace, from the choices and the
# events in the order of their times.
run_trace() {
	jq -Rrc --arg attach "$2" --arg attach_at "$opt_attach_at" --arg seq "$3" --arg log "$opt_log" --arg method "$4" --argjson cpus "$opt_cpus" -n '
		[inputs | fromjson?] as $events
		| {event: "trace", version: 1, attach: $attach, attach_at: $attach_at, seq: $seq, log: $log, method: $method, cpus: $cpus,
		   accel: ([$events[] | select(.event == "machine") | .accel] | last)},
		  ($events | sort_by(.t_us // (.t_ms // 0) * 1000) | .[] | select(.event != "beat")) | del(.host_ms)' "$1/events" >"$1/trace"
}

run_single() {
	mkdir "$work/run" && disk_copy "$work/run/disk" || fault 30 no-space "The overlay cannot be created in $work" "Free some space in ${TMPDIR:-/tmp}"
	[ "$opt_break" = no ] || run_terminal
	child_run vm run_machine "$work/run" "$opt_attach" "$opt_seq" "$opt_method"
	terminal_back
	phase=host
	[ -z "$caught" ] || fault_interrupted
	[ "$child_status" -ne 2 ] || { finished=yes && exit 2; } # the machine has said what is wrong with an option
	run_verdict
	lock_check_said "$verdict_message"
	[ -z "$verdict_message" ] || verdict_message="$verdict_message; the image is unchanged"
	[ "$verdict_event:$child_status" = done:0 ] || run_failed "$child_status"
	run_trace "$work/run" "$opt_attach" "$opt_seq" "$opt_method" || fault 30 no-space "The trace cannot be written in $work" "Free some space in ${TMPDIR:-/tmp}"
}

# run_failed STATUS: report a machine that did not end with "done". The status is
# that of its fault.
run_failed() {
	run_keep_failed
	case $verdict_event:$1 in
	fault:2 | fault:10 | fault:20 | fault:30 | fault:40 | fault:70) fault "$1" "$verdict_reason" "$verdict_message" "$verdict_hint" ;;
	esac
	fault 70 guest-died "The virtual machine ended without a result (status $1); the image is unchanged" "Run it again with --verbose, and report what it says"
}

# lock_check_said MESSAGE: recognise what QEMU says when another program writes to
# the image since the overlay was made. Other readers do no harm.
lock_check_said() {
	case $1 in
	*'Failed to get '*' lock'* | *'Is another process using the image'*)
		fault 30 image-locked "Another program uses $image" "Stop that program (shut down its virtual machine), then try again"
		;;
	esac
}

# Keep the trace of a boot that failed, up to there.
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
