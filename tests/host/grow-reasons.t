#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The reason codes: rescue/base/reason.h has the words and their statuses,
# docs/reason-codes.md explains each, the shell scripts repeat a few, and every word is
# used.
# shellcheck disable=SC2016,SC2154  # backquotes are text here; work and source_tree come from tap.sh
tests=$(dirname "$0")/..
# shellcheck source=/dev/null  # checked by itself
. "$tests/lib/tap.sh"

# table FILE: its lines X(REASON_ID, "word", STATUS_NAME) as "word status ID".
table() {
	awk '
		match($0, /STATUS_[A-Z]+ = [0-9]+/) { split(substr($0, RSTART, RLENGTH), part, " = "); value[part[1]] = part[2] }
		/^[ \t]*X\(REASON_/ { split($0, part, /[",() \t\\]+/)
			for (i in part) if (part[i] ~ /^STATUS_/) status = value[part[i]]; else if (part[i] ~ /^REASON_/) id = part[i]
			match($0, /"[^"]+"/); print substr($0, RSTART + 1, RLENGTH - 2), status, id }
	' "$1"
}

# said FILE...: the faults of shell scripts, as "word status".
said() {
	sed -n '/^[[:blank:]]*#/d; s/.*fault \([0-9]*\) \([a-z]*[a-z0-9-]*\) .*/\2 \1/p; s/.*set -- \([0-9][0-9]\) \([a-z-]*\) .*/\2 \1/p' "$@" | sort -u
}

# unused TABLE SAID FOLDER: the words of the table that neither the scripts nor the C code
# below the folder use. The C code names them by their identifiers.
unused() {
	grep -rhoE --include='*.[ch]' --exclude=reason.h '\bREASON_[A-Z0-9_]+' "$3" | sort -u >"$work/ids"
	while read -r word _ id; do
		grep -qxF -e "$id" "$work/ids" || grep -q "^$word " "$2" || printf '%s\n' "$word"
	done <"$1"
}

set -- "$source_tree/hostscripts/trace-boot" "$source_tree/hostscripts/trace-diff" "$source_tree/hostscripts/grow-fleet" "$source_tree"/hostscripts/lib/*/*.sh
table "$source_tree/rescue/base/reason.h" >"$work/table"
cut -d ' ' -f 1,2 "$work/table" | sort >"$work/c"
sed -n 's/^| `\([a-z0-9-]*\)` | \([0-9]*\) |.*/\1 \2/p' "$source_tree/docs/reason-codes.md" | sort >"$work/docs"
said "$@" >"$work/said"

ok "the C table is read" [ "$(grep -cE '^[a-z0-9-]+ [0-9]+ REASON_[A-Z0-9_]+$' "$work/table")" -gt 50 ]
is "no word stands twice in it" "$(cut -d ' ' -f 1 "$work/c" | uniq -d)" ""
is "the documentation has the same words and statuses" "$(diff "$work/c" "$work/docs")" ""
is "the section of the host has the words up to usage" "$(sed -n '/^## From the host/,/^## From the virtual/s/^| `\([a-z0-9-]*\)` .*/\1/p' "$source_tree/docs/reason-codes.md" | sort)" \
	"$(sed '/^usage /q' "$work/table" | cut -d ' ' -f 1 | sort)"
ok "the scripts say some of them" [ "$(wc -l <"$work/said")" -gt 8 ]
is "each with its status" "$(comm -23 "$work/said" "$work/c")" ""
is "each fault there begins with its status" "$(grep -hE '(^|[|)]) *fault [^0-9]' "$@" | grep -v 'fault "\$1" "\$verdict_reason"\|^fault of')" ""
is "every word is used" "$(unused "$work/table" "$work/said" "$source_tree/rescue")" ""

# The Job for Kubernetes ends for good, or tries again, as the documentation says.
job_values() { sed -n "/action: $1/,/values:/s/.*values: \\[\\(.*\\)\\]/\\1/p" "$source_tree/contrib/kubernetes/job.yaml" | tr -d ' '; }
is "the Job tries again what is to be tried again" "$(job_values Count)" "$(sed -n 's/^| \([0-9]*\) | .* | retry.*/\1/p' "$source_tree/docs/reason-codes.md" | paste -sd ,)"
is "and nothing else" "$(job_values FailIndex)" "$(sed -n 's/^| \([0-9]*\) | .* | do not retry.*/\1/p' "$source_tree/docs/reason-codes.md" | paste -sd ,)"

# The checks can fail.
mkdir "$work/code"
echo 'fault_set(fault, REASON_USED, "");' >"$work/code/a.c"
printf '%s\n' 'used 10 REASON_USED' 'said 20 REASON_SAID' 'idle 30 REASON_IDLE' >"$work/words"
echo '[ -x "$x" ] || fault 40 said "Sentence" "Hint"' >"$work/script"
is "what a script says" "$(said "$work/script")" 'said 40'
said "$work/script" >"$work/said"
is "a word that nothing uses is found" "$(unused "$work/words" "$work/said" "$work/code")" idle
is "a wrong status in a script is found" "$(cut -d ' ' -f 1,2 "$work/words" | sort | comm -23 "$work/said" -)" 'said 40'
done_testing
