#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rescue image: the same bytes whoever packs it, when and where; and what
# the manifest promises is in it.
# shellcheck disable=SC2016 # scripts for other shells are in single quotes
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
pack=$source_tree/initramfs/pack

mkdir "$work/a folder"
cp "$build/rescue" "$work/a folder/agent"
touch -d 2001-02-03 "$work/a folder/agent"
ok 'pack' "$pack" "$build/rescue" "$work/first"
ok 'pack elsewhere, later, with another umask' sh -c 'umask 077; cd "$1" && TZ=Asia/Tokyo "$2" ./agent ./second' - "$work/a folder" "$pack"
is 'both have the same sha256' "$(sha256sum <"$work/first")" "$(sha256sum <"$work/a folder/second")"
is 'and it is what make built' "$(sha256sum <"$work/first")" "$(sha256sum <"$build/initramfs.cpio")"
is 'the build id lies beside it' "$(cat "$work/first.build-id")" "$(cat "$build/build-id")"

printf x >>"$work/a folder/agent"
ok 'pack another agent' "$pack" "$work/a folder/agent" "$work/other"
ok 'it has another build id' test "$(cat "$work/other.build-id")" != "$(cat "$work/first.build-id")"

mkdir "$work/tree"
(cd "$work/tree" && cpio -idm --quiet --no-preserve-owner <"$work/first" 2>/dev/null)
for path in init sbin/e2fsck sbin/resize2fs bin/busybox etc/build-id; do
	ok "in it: /$path" test -s "$work/tree/$path"
done
for part in init sbin/e2fsck sbin/resize2fs bin/busybox; do
	ok "/$part needs no library" sh -c '! readelf -l "$1" | grep -q INTERP' - "$work/tree/$part"
done
is 'init is the agent' "$(sha256sum <"$work/tree/init")" "$(sha256sum <"$build/rescue")"
is 'nothing but the manifest is in it' \
	"$(cd "$work/tree" && find . -mindepth 1 | sed 's/^\.//' | sort)" \
	"$(awk '/^(dir|file|slink)/ { print $2 } /^nod/ && '"$([ "$(id -u)" = 0 ] && echo 1 || echo 0)"' { print $2 }' "$source_tree/initramfs/manifest" | sort)"
done_testing
