#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The three lists of reason codes are one: rescue/base/reason.h is part of
# hostscripts/lib/reasons, and docs/reason-codes.md explains each of these.
# shellcheck disable=SC2016,SC2154  # backquotes are text here; work and source_tree come from tap.sh
tests=$(dirname "$0")/..
# shellcheck source=/dev/null  # checked by itself
. "$tests/lib/tap.sh"

reasons=$source_tree/hostscripts/lib/reasons

# STATUS_NAME values, then X(id, "word", STATUS_NAME) as "word status".
awk '
	match($0, /STATUS_[A-Z]+ = [0-9]+/) { split(substr($0, RSTART, RLENGTH), part, " = "); value[part[1]] = part[2] }
	/^[ \t]*X\(REASON_/ { split($0, part, /[",) \t\\]+/)
		for (i in part) if (part[i] ~ /^STATUS_/) status = value[part[i]]
		match($0, /"[^"]+"/); print substr($0, RSTART + 1, RLENGTH - 2), status }
' "$source_tree/rescue/base/reason.h" | sort >"$work/c"
grep -v -e '^#' -e '^$' "$reasons" | sort >"$work/shell"
sed -n '/^# what rescue-vm/,$p' "$reasons" | grep -v -e '^#' -e '^$' | sort >"$work/shell-c"
sed -n 's/^| `\([a-z0-9-]*\)` | \([0-9]*\) |.*/\1 \2/p' "$source_tree/docs/reason-codes.md" | sort >"$work/docs"
# What the scripts really say.
sed -n '/^[[:blank:]]*#/d; s/.*fault \([a-z0-9]*-[a-z0-9-]*\) ["\\].*/\1/p; s/.*need [^ ]* \([a-z-]*\) .*/\1/p' \
	"$source_tree"/hostscripts/grow-disk "$source_tree"/hostscripts/trace-* "$source_tree"/hostscripts/lib/*.sh | sort -u >"$work/used"
cut -d ' ' -f 1 "$work/shell" >"$work/words"

is "the C table is not empty" "$(($(wc -l <"$work/c") > 20))" 1
is "the C table is the second part of the shell's" "$(diff "$work/c" "$work/shell-c")" ""
is "no word twice" "$(uniq -d "$work/words")" ""
is "the documentation has the same words and statuses" "$(diff "$work/shell" "$work/docs")" ""
is "what the scripts say is in the table" "$(comm -23 "$work/used" "$work/words")" ""
is "what is in the host's table is said by the scripts" \
	"$(sed '/^# what rescue-vm/,$d' "$reasons" | grep -v -e '^#' -e '^$' | cut -d ' ' -f 1 | sort | comm -23 - "$work/used")" ""
done_testing
