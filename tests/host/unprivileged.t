#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make install puts everything where the installed command finds it, and an
# ordinary user can grow a disk with it. Run as root, the test becomes one.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

stage=$work/stage
user=$(id -u)
chmod 755 "$work"
[ "$user" -ne 0 ] || user=65534

as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid "$user" --regid "$user" --clear-groups env -u XDG_CACHE_HOME HOME="$work/home" TMPDIR="$work/home" "$@"
	else
		env -u XDG_CACHE_HOME HOME="$work/home" TMPDIR="$work/home" "$@"
	fi
}

# Other tests run the programs while this one calls make.
"$source_tree/initramfs/parts" e2fsprogs >"$work/part"
ok 'a built part that is used once more makes nothing old' make -C "$source_tree" -q all
ok 'make install' make -C "$source_tree" --no-print-directory install DESTDIR="$stage" PREFIX=/usr
for file in bin/grow-disk libexec/grow-disk/grow-disk-host libexec/grow-disk/rescue-native libexec/grow-disk/kernel libexec/grow-disk/initramfs.cpio \
	libexec/grow-disk/build-id share/man/man1/grow-disk.1 bin/try-disk share/man/man1/try-disk.1; do
	ok "installed: $file" test -s "$stage/usr/$file"
done
installed=$stage/usr/bin/grow-disk
ln -s "$installed" "$work/link"

mkdir "$work/home"
"$tests/images/openwrt-disk" --format qcow2 "$work/home/disk.qcow2"
cp "$work/home/disk.qcow2" "$work/home/plan.qcow2"
[ "$(id -u)" != 0 ] || chown -R "$user" "$work/home"
chmod 600 "$work/home/disk.qcow2"

is 'the test runs unprivileged' "$(as_user id -u)" "$user"
ok 'the version, through a link' as_user "$work/link" --version
"$judge" before "$work/home/disk.qcow2" 2 "$work/facts"
ok 'grow, with the accelerator of its choice' as_user "$installed" "$work/home/disk.qcow2" 2G
ok 'the judge is content' "$judge" after "$work/home/disk.qcow2" "$work/facts" --size 2147483648
is 'owner and mode are kept' "$(stat -c '%u %a' "$work/home/disk.qcow2")" "$user 600"
ok 'plan, in a machine' as_user "$installed" --plan --accel=tcg "$work/home/plan.qcow2" 2G
mkdir "$work/golden"
cp "$work/home/plan.qcow2" "$work/golden/disk.qcow2"
chmod 444 "$work/golden/disk.qcow2"
chmod 555 "$work/golden"
is 'rescue-disk looks at what may only be read' "$(as_user "$stage/usr/bin/rescue-disk" "$work/golden/disk.qcow2" -- cat /proc/partitions | grep -c 'sda[12]')" 2
chmod 755 "$work/golden"
truncate -s 1M "$work/golden/boots"
"$tests/images/boot-sector" "$work/golden/boots" 'all is said\n'
chmod 444 "$work/golden/boots"
chmod 555 "$work/golden"
is 'try-disk boots what may only be read' "$(as_user "$stage/usr/bin/try-disk" --quiet "$work/golden/boots" | grep -c 'all is said')" 1
chmod 755 "$work/golden" # to be removed
ok 'the accelerator that worked is remembered' test -s "$work/home/.cache/grow-disk/accel"
# One for a plan, and one for a command of rescue-disk.
is 'both machines are saved, and no other file is left' \
	"$(cd "$work/home" && find . -type f | sed 's/-[0-9a-f]*\.machine$/.machine/' | sort | tr '\n' ' ')" \
	'./.cache/grow-disk/accel ./.cache/grow-disk/warm/lock ./.cache/grow-disk/warm/tcg.machine ./.cache/grow-disk/warm/tcg.machine ./disk.qcow2 ./plan.qcow2 '

ok 'make uninstall' make -C "$source_tree" --no-print-directory uninstall DESTDIR="$stage" PREFIX=/usr
is 'uninstall removes every file' "$(find "$stage" -type f)" ''
done_testing
