# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What a traced boot is shown as.
# shellcheck disable=SC2034,SC2154  # facts are set by trace-boot

# render FILE PROGRAM: the trace for FILE, made as a whole or not at all.
render() {
	keep rendered jq -nRr -L "$lib" -f "$lib/$2" "$trace" || fault 70 internal "What is meant for $1 cannot be made of the trace" "Please report it, with the trace"
	put "$work/rendered" "$1"
}

# put MADE FILE: what was made, into a file that somebody named. It may be a pipe that
# nobody reads yet, so a signal ends it; one whose reader has gone is no fault.
put() {
	child_run long put_program "$1" "$2"
	phase=host
	[ -z "$caught" ] || fault_interrupted
	[ "$child_status" -ne 0 ] || return 0
	case $(cat -- "$work/stderr") in
	*'Broken pipe'*) return 0 ;;
	*'No space left'* | *[Qq]'uota exceeded'*) fault 30 no-space "$2 cannot be written: there is no room" "Make room, or name another file" ;;
	*'Input/output error'*) fault 30 disk-io "$2 cannot be written" "Check the disk that holds it" ;;
	esac
	fault 40 folder-not-writable "$2 cannot be written" "Name a file in a writable directory"
}

put_program() {
	complaints_to_file
	LC_ALL=C exec cat -- "$1" >"$2"
}

show_single() {
	trace=$work/run/trace
	stage_end
	[ -z "$opt_json_file" ] || put "$trace" "$opt_json_file"
	[ -z "$opt_svg" ] || render "$opt_svg" svg.jq
	[ -z "$opt_chrome" ] || render "$opt_chrome" chrome.jq
	all=false colour=false
	[ "$opt_all" = no ] || all=true
	[ ! -t 1 ] || [ -n "${NO_COLOR:-}" ] || colour=true
	if [ "$opt_quiet" = no ]; then
		jq -nRr -L "$lib" -f "$lib/timeline.jq" --argjson all "$all" --argjson colour "$colour" "$trace" && echo
	fi >"$work/shown" && jq -nRr -L "$lib" -f "$lib/verdict.jq" --arg form text "$trace" >>"$work/shown" ||
		fault 70 internal "The trace cannot be shown" "Please report it, with the trace"
	speak <"$work/shown"
}

show_many() {
	stage_end
	set +f
	cat -- "$work"/result-*[0-9] >"$work/results"
	set -f
	[ -z "$opt_json_file" ] || put "$work/results" "$opt_json_file"
	jq -nr -L "$lib" -f "$lib/count.jq" "$work/results" >"$work/shown" || fault 70 internal "The results cannot be counted" "Please report it"
	speak <"$work/shown"
	[ "$(wc -l <"$work/results")" -eq "$(wc -l <"$work/list")" ] || fault 70 internal "Not every boot has left a result" "Please report it"
	failed=$(jq -rn '[inputs | select(.failed)] | first // empty | .sentence' "$work/results")
	lock_check_said "$failed"
	[ -z "$failed" ] || fault 70 guest-died "Not every boot could be traced: $failed" "Run one of them alone, with --verbose"
}
