#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The include lines hold the picture of docs/architecture.md: base <- wire <-
# {vm, agent rooms} <- agent/job; agent rooms share only value headers; and each
# library is used in its own room alone.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
cd "$source_tree/rescue" || exit 1

# Each include of our own headers as "room of the file, header".
includes() {
	find "$1" -name '*.[ch]' -exec grep -H '^#include "' {} + |
		sed -n 's/^\([^:]*\)\/[^/:]*:#include "\(.*\)".*/\1 \2/p'
}

# may_include ROOM PATTERN: no header of another room outside the pattern (an
# extended regular expression) is included there; the room's own have no slash.
may_include() {
	includes "$1" | awk -v allowed="$2" '$2 ~ /\// && $2 !~ allowed { print; bad = 1 } END { exit bad }'
}

# only_in LIBRARY-HEADER PATTERN: the library header is included only there,
# and at least there.
only_in() {
	found=$(grep -rlE "^#include <$1" . | sort)
	[ -n "$found" ] && ! printf '%s\n' "$found" | grep -vE "$2"
}

values='^agent/(disk|partition/plan|filesystem/fs)\.h$'
ok 'base includes base alone' may_include base '^base/'
ok 'wire includes base' may_include wire '^(base|wire)/'
ok 'host/vm includes wire and base' may_include host/vm '^(base|wire)/'
for room in boot devices partition filesystem; do
	ok "agent/$room includes wire, base and values" may_include "agent/$room" "^(base|wire)/|$values"
done
ok 'agent/trace/alpine includes wire, base and values' may_include agent/trace/alpine "^(base|wire)/|$values"
ok 'agent/trace/recorder includes these, and the uevents' may_include agent/trace/recorder "^(base|wire)/|$values|^agent/devices/uevent\.h$"
below='^(base|wire)/|^agent/(disk|job_setup|report|events)\.h$|^agent/(boot|devices|partition|filesystem)/'
ok 'agent/grow includes the rooms below, and the recorder' may_include agent/grow "$below|^agent/trace/recorder/recorder\.h$"
ok 'agent/shell includes the rooms below' may_include agent/shell "$below"
ok 'agent/trace includes the rooms below, its own, and the shell' may_include agent/trace "$below|^agent/(trace|shell)/"
ok 'libfdisk is used in partition/table.c alone' only_in 'libfdisk/' '^\./agent/partition/table\.c$'
ok 'libblkid is used in devices/probe.c alone' only_in 'blkid/' '^\./agent/devices/probe\.c$'
ok 'libext2fs is used in filesystem/ alone' only_in '(ext2fs|e2p)/' '^\./agent/filesystem/ext_'
ok 'the planner opens nothing' sh -c '! grep -nE "<(unistd|fcntl|stdio|sys/)" agent/partition/plan.[ch] agent/partition/chs.[ch] agent/filesystem/ext_size.[ch]'
ok 'a grow knows no kind of file system' sh -c '! grep -rnE "\bext(_|[234])" agent/grow'
is 'no room but the top prints' "$(grep -rlE '\b(printf|puts|fputs|perror|fprintf|dprintf)\(' agent | sort | tr '\n' ' ')" \
	'agent/main.c agent/report.c '

# The checks can fail.
mkdir -p "$work/agent/boot"
echo '#include "agent/partition/table.h"' >"$work/agent/boot/bad.c"
is 'a forbidden include is found' "$(cd "$work" && may_include agent/boot "^base/|$values")" 'agent/boot agent/partition/table.h'
done_testing
