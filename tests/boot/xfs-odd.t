#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# xfs in odd states, through the virtual machine: a log that cannot be replayed; quota that is counted.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'xfs in odd states' qemu-system-x86_64 mkfs.xfs xfs_db xfs_repair || done_testing
cd "$work" || exit 1
export GROW_DISK_GUEST_DIR="$build"

field() { xfs_db -r -c 'sb 0' -c "print $2" "$1" | sed 's/.* = //'; }

# A log of nonsense at its start, where its last records are: the kernel finds no end of it.
truncate -s 320M disk.img
mkfs.xfs -q disk.img
blocks=$(field disk.img agblocks) log=$(field disk.img logstart) bits=$(field disk.img agblklog)
log_at=$((((log >> bits) * blocks + (log & ((1 << bits) - 1))) * 4096))
yes 'no record of a log ' | head -c 1M | dd of=disk.img bs=1M seek=$log_at oflag=seek_bytes conv=notrunc status=none
sum=$(image_sum disk.img)
status=0
"$grow_disk" --json --accel tcg disk.img 1G >result 2>said || status=$?
is "a damaged log: refused" "$status $(jq -r .reason result)" '20 fs-unclean' || cat said
is "a damaged log: the image is what it was" "$(image_sum disk.img)" "$sum"

# Quota that was counted stays counted: the mount that grows is told so.
rm -f disk.img
truncate -s 320M disk.img
mkfs.xfs -q disk.img
ok "quota is counted" "$source_tree/hostscripts/rescue-disk" --quiet --accel=tcg --write --yes disk.img -- sh -ec '
	mount -o usrquota,prjquota /dev/sda /mnt
	echo counted >/mnt/file
	umount /mnt'
flags=$(field disk.img qflags)
case $flags in
0 | '') skip "quota stays counted" "the kernel of the machine counts no quota" ;;
*)
	ok "with quota: grown" "$grow_disk" --json --accel tcg disk.img 1G
	is "with quota: the flags stay" "$(field disk.img qflags)" "$flags"
	is "with quota: it fills the disk" "$(field disk.img dblocks)" $((1 << 18))
	ok "with quota: xfs_repair finds nothing" xfs_repair -n disk.img
	;;
esac
done_testing
