# shellcheck shell=sh
# What a traced boot is shown as.
# shellcheck disable=SC2034,SC2154  # facts are set by trace-boot

# render FILE PROGRAM: the trace for FILE, made as a whole or not at all.
render() {
	{ jq -nRr -L "$lib/trace" -f "$lib/trace/$2" "$trace" >"$work/rendered" && cat -- "$work/rendered" >"$1"; } 2>/dev/null || unwritable "$1"
}

unwritable() {
	fault folder-not-writable "$1 cannot be written" "Name a file in a folder that can be written"
}

show_single() {
	trace=$work/run/trace
	stage_end
	[ -z "$opt_json_file" ] || { cat -- "$trace" >"$opt_json_file"; } 2>/dev/null || unwritable "$opt_json_file"
	[ -z "$opt_svg" ] || render "$opt_svg" svg.jq
	[ -z "$opt_chrome" ] || render "$opt_chrome" chrome.jq
	all=false colour=false
	[ "$opt_all" = no ] || all=true
	[ ! -t 1 ] || [ -n "${NO_COLOR:-}" ] || colour=true
	if [ "$opt_quiet" = no ]; then
		jq -nRr -L "$lib/trace" -f "$lib/trace/timeline.jq" --argjson all "$all" --argjson colour "$colour" "$trace"
		echo
	fi
	jq -nRr -L "$lib/trace" -f "$lib/trace/verdict.jq" --arg form text "$trace"
}

show_many() {
	stage_end
	set +f
	cat -- "$work"/result-*[0-9] >"$work/results"
	set -f
	[ -z "$opt_json_file" ] || { cat -- "$work/results" >"$opt_json_file"; } 2>/dev/null || unwritable "$opt_json_file"
	jq -nr -L "$lib/trace" -f "$lib/trace/count.jq" "$work/results"
	[ "$(wc -l <"$work/results")" -eq "$(wc -l <"$work/list")" ] || fault internal "Not every boot has left a result" "Please report it"
	failed=$(jq -rn '[inputs | select(.failed)] | first // empty | .sentence' "$work/results")
	lock_check_said "$failed"
	[ -z "$failed" ] || fault guest-died "Not every boot could be traced: $failed" "Run one of them alone, with --verbose"
}
