#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/protocol.md and the table in rescue/wire/event.c list the same events
# and the same fields.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

# "event field" a line; the documentation may name several fields in one row.
documented() {
	awk -F'|' '
		/^## Events/ { on = 1 }
		/^The keeper sends on/ { on = 0 }
		on && NF > 4 && !/---/ {
			if ($2 ~ /`/) { event = $2; gsub(/[` ]/, "", event) }
			n = split($3, names, ",")
			for (i = 1; i <= n; i++) {
				name = names[i]; gsub(/[` ]/, "", name)
				if (name != "" && name != "field") print event, name
			}
		}' "$source_tree/docs/protocol.md" | sort
}

coded() {
	awk '
		/^static const struct event_field common_fields/ { exit }
		{
			line = $0
			while (match(line, /\[EVENT_[A-Z_]+\] = \{ "[a-z-]+"|(TEXT|NUMBER|FLAG)\("[a-z0-9_]+"\)/)) {
				found = substr(line, RSTART, RLENGTH)
				line = substr(line, RSTART + RLENGTH)
				split(found, parts, "\"")
				if (found ~ /^\[/) event = parts[2]
				else print event, parts[2]
			}
		}' "$source_tree/rescue/wire/event.c" | sort
}

documented >"$work/documented"
coded >"$work/coded"
ok "the vocabulary has at least 40 fields" [ "$(wc -l <"$work/coded")" -ge 40 ]
ok "documentation and code agree" diff -u "$work/documented" "$work/coded"
done_testing
