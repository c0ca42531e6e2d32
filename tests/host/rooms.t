#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The include lines hold the picture of docs/architecture.md: base <- {wire, table} <-
# {host rooms, agent rooms} <- {the host's verbs, agent/job}; agent rooms share only value
# headers; the rooms of host, and those of host/vm, lie on floors, and no include leads
# back up; and each library is used in its own room alone.
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
ok 'table includes base' may_include table '^(base|table)/'
# Each room of host includes those before it here; of what lies in host itself only these headers.
host='(base|table)/|host/(interrupt|private_socket|program|signals)\.h$'
ok 'host/confine includes base and values' may_include host/confine "^($host)"
host="$host|host/confine/"
ok 'host/image includes the rooms below it' may_include host/image "^($host)"
host="$host|host/image/"
ok 'host/block includes these, and the protocol of QEMU' may_include host/block "^($host|host/vm/qemu/qmp\.h$)"
host="$host|host/block/"
ok 'host/log includes the rooms below it' may_include host/log "^($host)"
ok 'host/result includes values' may_include host/result '^base/|^wire/member\.h$|^host/image/(image|room)\.h$|^host/log/(fence|marks)\.h$'
# The same for the rooms of host/vm, which know nothing of images and logs. What lies in host/vm itself is the top, but for two headers.
vm='(base|wire)/|host/(private_socket|signals)\.h$|host/confine/|host/vm/(cache|progress)\.h$'
for room in confine qemu user talk warm; do
	vm="$vm|host/vm/$room/"
	ok "host/vm/$room includes the rooms below it" may_include "host/vm/$room" "^($vm)"
done
ok 'host/vm includes its rooms' may_include host/vm "^($vm)"
ok 'host/boot includes the rooms below it, and those of QEMU and the terminal' may_include host/boot "^($host|host/log/|host/vm/(confine|qemu|user)/)"
# The verbs are the top.
verbs='grow|machine|overlay|rescue|try'
ok 'host/machine includes host/vm' may_include host/machine '^(base|wire|host/vm)/|^host/(signals|guest)\.h$'
ok 'host/overlay needs no machine' may_include host/overlay "^($host|host/log/)|^host/(arguments|console|guest|size)\.h$"
for room in grow rescue try; do
	ok "host/$room includes no other verb" may_include "host/$room" "^(base|table|wire)/|^host/(image|block|log|vm|boot|result)/|^host/[a-z]*\.h$"
done
is 'main.c alone includes the verbs' "$(grep -rlE "^#include \"host/($verbs)/" . | tr '\n' ' ')" './host/main.c '
is 'the verbs alone have a console, and what they share' "$(grep -rlE '^#include "host/console\.h"' . | grep -vE "^\./host/(($verbs)/|(about|changes)\.[ch])")" ''

# circles FOLDER: the headers that include themselves in the end.
circles() {
	find "$1" -name '*.h' | while IFS= read -r header; do
		grep '^#include "' "$header" | cut -d '"' -f 2 | while IFS= read -r other; do
			case $other in */*) ;; *) other=${header%/*}/$other ;; esac
			printf '%s %s\n' "$header" "$other"
		done
		printf '%s %s\n' "$header" "$header"
	done | { tsort >"$work/sorted"; } 2>&1
}
is 'no header of the host includes itself' "$(circles host)" ''
for room in boot devices filesystem; do
	ok "agent/$room includes wire, base and values" may_include "agent/$room" "^(base|wire)/|$values"
done
ok 'agent/layers includes these, and running a program' may_include agent/layers "^(base|wire)/|$values|^agent/filesystem/tool\.h$"
ok 'agent/partition includes table as well' may_include agent/partition "^(base|table|wire)/|$values"
ok 'agent/trace/alpine includes wire, base and values' may_include agent/trace/alpine "^(base|wire)/|$values"
ok 'agent/trace/recorder includes these, and the uevents' may_include agent/trace/recorder "^(base|wire)/|$values|^agent/devices/uevent\.h$"
below='^(base|wire)/|^agent/(disk|job_setup|report|events)\.h$|^agent/(boot|devices|partition|filesystem|layers)/'
ok 'agent/grow includes the rooms below, and the recorder' may_include agent/grow "$below|^agent/trace/recorder/recorder\.h$"
ok 'agent/shell includes the rooms below' may_include agent/shell "$below"
ok 'agent/trace includes the rooms below, its own, and the shell' may_include agent/trace "$below|^agent/(trace|shell)/"
ok 'native includes the job of the agent, and Landlock' may_include native '^(base|wire)/|^agent/job\.h$|^host/confine/(landlock|filter)\.h$'
ok 'libfdisk is used in partition/fdisk.c alone' only_in 'libfdisk/' '^\./agent/partition/fdisk\.c$'
ok 'libblkid is used in devices/probe.c alone' only_in 'blkid/' '^\./agent/devices/probe\.c$'
ok 'libext2fs is used in filesystem/ alone' only_in '(ext2fs|e2p)/' '^\./agent/filesystem/ext_'
ok 'libnbd is used in host/block alone' only_in 'libnbd' '^\./host/block/'
ok 'nettle is used in log/checksum alone' only_in 'nettle/' '^\./host/log/checksum\.[ch]$'
ok 'the planner opens nothing' sh -c '! grep -nE "<(unistd|fcntl|stdio|sys/)" agent/partition/plan.[ch] agent/partition/chs.[ch] agent/partition/gpt_*.[ch] agent/filesystem/ext_size.[ch]'
ok 'a grow knows no kind of file system' sh -c '! grep -rnE "\bext(_|[234])" agent/grow'
ok 'nor of layer' sh -c '! grep -rnE "\b(lvm|luks)(_|\.h)" agent/grow'
is 'no room of the agent but the top prints' "$(grep -rlE '\b(printf|puts|fputs|perror|fprintf|dprintf)\(' agent | sort | tr '\n' ' ')" \
	'agent/main.c agent/report.c '

# The checks can fail.
mkdir -p "$work/circle"
echo '#include "b.h"' >"$work/circle/a.h"
echo '#include "a.h"' >"$work/circle/b.h"
ok 'a circle is found' [ -n "$(cd "$work" && circles circle)" ]
mkdir -p "$work/agent/boot"
echo '#include "agent/partition/table.h"' >"$work/agent/boot/bad.c"
mkdir -p "$work/host/image"
echo '#include "host/log/log.h"' >"$work/host/image/bad.c"
is 'one of a room of the host, too' "$(cd "$work" && may_include host/image "^($host)")" 'host/image host/log/log.h'
is 'a forbidden include is found' "$(cd "$work" && may_include agent/boot "^base/|$values")" 'agent/boot agent/partition/table.h'
done_testing
