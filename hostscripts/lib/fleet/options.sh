# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The command line of grow-fleet.
# shellcheck disable=SC2034,SC2154  # the options are read all over grow-fleet

usage() {
	cat <<'TEXT'
Usage: grow-fleet [OPTION]... MANIFEST
       grow-fleet --status DIR [--json] [--html FILE]

Grow many disk images, each with grow-disk. MANIFEST has one line per image:
IMAGE, SIZE and OPTIONS of grow-disk separated by tabs, or a JSON object with
"image", "size" and "options". When run again, grow-fleet does only the
remaining images.

      --engine E        local: xargs, on this host (the default)
                        parallel: GNU parallel, here or over ssh
                        slurm: a Slurm job array
                        none: only create the state directory, for another
                        scheduler
      --jobs N          run at most N tasks at once (default: one per processor;
                        slurm: no limit)
      --dir DIR         the state directory (default: MANIFEST.fleet); for
                        several hosts, on shared storage
      --tries N         try at most N times while the status is 30 (default: 5);
                        slurm: also 40, each time on another node
      --delay SECONDS   wait this long before the second try, then twice as long
                        each time (default: 60)
      --again STATUS    also repeat images that ended with this status: 10, 20,
                        70, or several separated by commas
      --engine-option O pass this option to parallel or sbatch; may be repeated
      --chunk N         put at most N images in one job array (default: Slurm's
                        limit)
      --wait            slurm: wait for all tasks, then print the summary
      --status DIR      print the summary of a state directory
      --html FILE       write the summary to FILE as an HTML page
      --json            print the summary as one JSON object
  -q, --quiet           print only errors
  -v, --verbose         print a line for each image
  -h, --help            print this help
  -V, --version         print the version

Exit status: 0 all images have the requested size; 2 usage; otherwise the first
that applies: 30 images remain or wait for a retry; 40 a host lacks something;
70 a bug; 20 damage; 10 refused. See grow-fleet(1).
TEXT
}

options_valued='--engine --jobs --dir --tries --delay --again --engine-option --chunk --status --html'
newline='
'

options_default() {
	opt_engine=local opt_jobs='' opt_dir='' opt_tries=5 opt_delay=60 opt_again='' opt_chunk='' opt_wait=no
	opt_status='' opt_html='' opt_json=no opt_quiet=no opt_verbose=no manifest='' operands=0
	engine_options=''
}

# options_number NAME VALUE LEAST MOST
options_number() {
	case $2 in
	'' | *[!0-9]* | ??????????*) usage_fault "$1 takes a number, and '$2' is none" ;;
	esac
	[ "$2" -ge "$3" ] && [ "$2" -le "$4" ] || usage_fault "$1 is from $3 to $4"
}

options_operand() {
	operands=$((operands + 1))
	[ "$operands" -eq 1 ] || usage_fault "'$1' is one operand too many"
	manifest=$1
}

options_flag() {
	case $1 in
	--json) opt_json=yes ;;
	--wait) opt_wait=yes ;;
	-q | --quiet) opt_quiet=yes ;;
	-v | --verbose) opt_verbose=yes ;;
	*) arguments_flag "$1" ;;
	esac
}

options_again() {
	case $1 in
	'' | *[!0-9,]*) usage_fault "--again takes exit statuses, with commas between" ;;
	esac
	opt_again=$1
}

options_value() {
	case $1 in
	--engine)
		case $2 in
		local | parallel | slurm | none) opt_engine=$2 ;;
		*) usage_fault "There is no engine '$2'" ;;
		esac
		;;
	--jobs) options_number "$1" "$2" 1 100000 && opt_jobs=$2 ;;
	--dir) opt_dir=$2 ;;
	--tries) options_number "$1" "$2" 1 1000 && opt_tries=$2 ;;
	--delay) options_number "$1" "$2" 0 86400 && opt_delay=$2 ;;
	--again) options_again "$2" ;;
	--engine-option)
		case $2 in
		*"$newline"*) usage_fault "--engine-option has no newline" ;;
		esac
		engine_options="$engine_options$2$newline"
		;;
	--chunk) options_number "$1" "$2" 1 4000000 && opt_chunk=$2 ;;
	--status) opt_status=$2 ;;
	--html) opt_html=$2 ;;
	esac
}

# Print a fault with --json. Without jq, only that lack itself is reported, and its
# words need no escaping.
result_print() {
	if command -v jq >/dev/null; then
		jq -n --arg reason "$fault_reason" --arg message "$fault_message" --arg hint "$fault_hint" --arg status "$fault_status" \
			'{schema: 1, total: null, reason: $reason, status: ($status | tonumber), message: $message, hint: (if $hint == "" then null else $hint end)}'
	else
		printf '{"schema":1,"total":null,"reason":"%s","status":%s}\n' "$fault_reason" "$fault_status"
	fi
}

options_parse() {
	for word; do
		case $word in
		--) break ;;
		--json) opt_json=yes ;;
		esac
	done
	arguments_parse "$@"
	if [ -n "$opt_status" ]; then
		[ "$operands" -eq 0 ] || usage_fault "--status takes no manifest"
		return 0
	fi
	[ "$operands" -eq 1 ] && [ -n "$manifest" ] || usage_fault "A manifest is needed"
	[ -n "$opt_dir" ] || [ "$manifest" != - ] || usage_fault "A manifest from standard input needs --dir"
	[ "$opt_wait" = no ] || [ "$opt_engine" = slurm ] || usage_fault "--wait is for --engine slurm, the others wait anyway"
	case $opt_engine in
	local | none) [ -z "$engine_options" ] || usage_fault "--engine $opt_engine takes no --engine-option" ;;
	esac
	[ -n "$opt_dir" ] || opt_dir=$manifest.fleet
}
