#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# btrfs after a power cut, through the virtual machine: what was flushed (fsync) since the last commit lies in a log tree, which a
# mount replays. And with a balance that was paused.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'btrfs in odd states' qemu-system-x86_64 mkfs.btrfs btrfs || done_testing
cd "$work" || exit 1
export GROW_DISK_GUEST_DIR="$build"
super() { btrfs inspect-internal dump-super disk.img | awk -v name="$1" '$1 == name { print $2 }'; }

mkdir files share restored
"$images/tree" files
truncate -s 300M disk.img
mkfs.btrfs -q --rootdir files disk.img >said 2>&1
# shellcheck disable=SC2016  # the guest expands it
"$source_tree/hostscripts/rescue-disk" --quiet --accel tcg --share share --share-rw disk.img -- sh -c '
	mkdir /mnt/target && mount -o noatime /dev/sda /mnt/target && cd /mnt/target &&
		echo before >file && sync && echo "replayed from the log" | dd of=file conv=fsync,notrunc && cd / &&
		dd if=/dev/sda of=/mnt/share/part bs=1M' >said 2>&1 || cat said
mv share/part disk.img
ok "there is a log tree" [ "$(super log_root)" -ne 0 ]
"$grow_disk" --json --accel tcg disk.img 1G >result 2>said || cat said
is "grown" "$(jq -c '[.changed, .filesystem.state]' result)" '[true,"needs-recovery"]'
is "the log tree is gone" "$(super log_root)" 0
is "it fills the disk" "$(super total_bytes)" $((1 << 30))
ok "btrfs check finds nothing" btrfs check --readonly --check-data-csum disk.img
ok "the files are read" btrfs restore -S disk.img restored
is "what the log had is there" "$(cat restored/file)" 'replayed from the log'
rm restored/file
ok "and all other files" diff --no-dereference -r files restored

# in_guest COMMAND: on the disk, which keeps what it does
in_guest() {
	"$source_tree/hostscripts/rescue-disk" --quiet --accel tcg --write --yes disk.img -- sh -ec "mkdir /mnt/target
		$1" >said 2>&1 || cat said
}

truncate -s 0 disk.img
truncate -s 1G disk.img
mkfs.btrfs -q -f --rootdir files disk.img >said 2>&1
# shellcheck disable=SC2016  # the guest expands it
in_guest 'mount -o noatime /dev/sda /mnt/target
	dd if=/dev/urandom of=/mnt/target/file bs=1M count=300 conv=fsync
	until btrfs balance status /mnt/target | grep -q "is paused"; do
		btrfs balance start --full-balance --background /mnt/target
		btrfs balance pause /mnt/target || :
	done
	umount /mnt/target'
sum=$(image_sum disk.img)
"$grow_disk" --json --accel tcg disk.img 2G >result 2>said
is "a paused balance: refused" "$? $(jq -r .reason result)" '10 fs-resize-failed' || cat said
ok "it says what to do" grep -q 'btrfs balance cancel' said
is "the image is what it was" "$(image_sum disk.img)" "$sum"
in_guest 'mount -o noatime,skip_balance /dev/sda /mnt/target
	btrfs balance cancel /mnt/target
	umount /mnt/target'
"$grow_disk" --json --accel tcg disk.img 2G >result 2>said
is "once it is cancelled: grown" "$? $(jq -c .changed result)" '0 true' || cat said
is "it fills that disk" "$(super total_bytes)" $((2 << 30))
ok "btrfs check finds nothing there" btrfs check --readonly disk.img
done_testing
