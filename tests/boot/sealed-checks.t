#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# xfs and btrfs without KVM: a machine grows them, and sealed processes check before, beside that machine, and after. What
# becomes of a check, or what it finds, must not matter: the outcome is that of one machine that does everything.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/family.sh
. "$tests/lib/family.sh"
unset GROW_DISK_QEMU
PATH=$PATH:/usr/sbin:/sbin
mkdir "$work/guest" "$work/tmp" "$work/disks" "$work/fake"
export GROW_DISK_GUEST_DIR="$work/guest" TMPDIR="$work/tmp"
for file in kernel initramfs.cpio build-id rescue-native; do ln -s "$build/$file" "$work/guest/$file"; done
cd "$work/disks" || exit 1
if [ "$(nproc)" -lt 2 ]; then
	skip "checks beside the grow" "there is one processor"
	done_testing
fi
"$images/mbr-disk" ../xfs.img 420M part 1 2048 16M 83 boot ext4 part 2 40960 400M 83 - xfs
"$images/mbr-disk" ../btrfs.img 420M part 1 2048 16M 83 boot ext4 part 2 40960 400M 83 - btrfs

# grow TYPE [OPTION...]: a new disk of that type to 1 GiB, after what $under says; sets status.
under=''
grow() {
	type=$1
	shift
	rm -f disk
	cp --sparse=always "../$type.img" disk
	sum=$(image_sum disk)
	# shellcheck disable=SC2086  # words
	$under "$grow_disk" --json --verbose --accel native "$@" disk 1G >../json 2>../said
	status=$?
}

field() { jq -r "$1" ../json; }
count_of() { grep -c -- "$1" ../said; }
tell() { sed 's/^/#   /' ../said; }

# judged NAME: by other programs than ours.
judged() {
	is "$1: the partition fills the disk" "$(sfdisk --json disk | jq -c '.partitiontable.partitions[1] | [.start, .start + .size]')" '[40960,2097152]'
	dd if=disk of=../fs bs=1M skip=20 conv=sparse status=none
	case $type in
	xfs) ok "$1: xfs_repair finds nothing" xfs_repair -n ../fs ;;
	*) ok "$1: btrfs check finds nothing" btrfs check --readonly ../fs ;;
	esac
	is "$1: nothing is left" "$(ls -A) $(ls -A "$TMPDIR") $(processes_in "$work")" "disk  "
}

# There is no tools disk: the machine needs no program.
for type in xfs btrfs; do
	grow "$type"
	is "$type: grown by a machine, checked by sealed processes" "$status $(field '"\(.changed) \(.accelerator) \(.checked_by)"')" '0 true tcg native' || tell
	is "$type: both checks are told" "$(field '[.filesystem.repairs_before, .filesystem.repairs_after, .timings_ms.check != null, .timings_ms.verify != null] | tostring')" '[0,0,true,true]'
	is "$type: each stage is shown once" "$(count_of '^starting the virtual machine') $(count_of '^growing the file system') $(count_of '^checking the grown file system')" '1 1 1'
	ok "$type: says who checked" grep -q 'sealed processes of this host checked, a virtual machine grew' ../said
	judged "$type"
	"$grow_disk" --json --accel native disk 1G >../json 2>../said
	is "$type: again, there is nothing to do, and no machine" "$? $(field '"\(.changed) \(.accelerator)"')" '0 false native'
	grow "$type" --plan
	is "$type: a plan takes no machine" "$status $(field '"\(.changed) \(.accelerator)"') $(count_of '^starting the virtual machine')" '0 true native 0'
	is "$type: a plan changes nothing" "$(image_sum disk)" "$sum"
	is "$type: a plan checks nothing" "$(field .checked_by)" null
done

# Where everything is asked of one machine, it needs the programs.
grow xfs --repair=all
is 'every repair: one machine, which needs the tools disk' "$status $(field .reason)" '40 fs-tools-missing'
ln -s "$build/tools.img" "$work/guest/tools.img"
grow xfs --repair=all
is 'every repair: one machine checks' "$status $(field '"\(.accelerator) \(.checked_by)"')" '0 tcg tcg'

# Damage that the sealed check finds is told in the words of the machine.
cp --sparse=always ../xfs.img ../sound.img
"$images/fs-damage" ../xfs.img 40960 xfs
grow xfs
is 'damage: refused' "$status $(field .reason)" '20 fs-unclean'
is 'damage: the machine has looked again' "$(count_of '^grow-disk: one machine does all of it again: the file system is damaged')" 1
is 'damage: nothing changed' "$(image_sum disk)" "$sum"
mv ../sound.img ../xfs.img

# The storage daemon of a check ends, or says nothing any more, when the check has begun: a plan asks for less. The check
# before is one of the image, that after one of the log.
ln -s "$tests/host/fake-storage" "$work/fake/qemu-storage-daemon"
export STORAGE_BYTES=1073741824
for disk in image log; do
	under="env PATH=$work/fake:$PATH STORAGE=die-110 STORAGE_OF=$disk"
	grow xfs
	is "no check of the $disk: grown all the same, by one machine" "$status $(field '"\(.changed) \(.checked_by)"')" '0 true tcg' || tell
	is "no check of the $disk: that is said" "$(count_of '^grow-disk: one machine does all of it again')" 1
	judged "no check of the $disk"
done
under=''

# A machine that grows another partition than was checked: what it did is thrown away, and it is asked again for everything.
mkdir "$work/liar"
for file in kernel initramfs.cpio rescue-native; do ln -s "$build/$file" "$work/liar/$file"; done
echo test-build >"$work/liar/build-id"
under="env GROW_DISK_GUEST_DIR=$work/liar"
export GROW_DISK_QEMU="$tests/host/fake-qemu" FAKE_QEMU=other-partition
grow xfs --no-warm
unset GROW_DISK_QEMU FAKE_QEMU
is 'another partition than was checked: refused' "$status $(field .changed)" '70 false' || tell
is 'another partition than was checked: that is said' "$(count_of '^grow-disk: one machine does all of it again: another partition was checked')" 1
is 'another partition than was checked: nothing changed' "$(image_sum disk)" "$sum"
under=''

# sealed_waits image|log: the check of that disk waits for a daemon that says nothing; the sealed process is $sealed.
is_at_work() {
	case $1 in
	image) grep -q '^reading the result back' ../said ;;
	log) grep -q '^checking the grown file system' ../said ;;
	esac
}
sealed_waits() {
	is_at_work "$1" && sealed=$(named "$run" rescue-native) && [ -n "$sealed" ]
}
# begin image|log: a run in the background, whose check of that disk will hang.
begin() {
	type=xfs sealed=''
	rm -f disk
	cp --sparse=always ../xfs.img disk
	sum=$(image_sum disk)
	: >../said
	# shellcheck disable=SC2086  # words
	env PATH="$work/fake:$PATH" STORAGE=hang-110 STORAGE_OF="$1" \
		$under "$grow_disk" --json --verbose --accel native disk 1G >../json 2>../said &
	run=$!
}
no_process() { [ -z "$(processes_in "$work")" ]; }
end() {
	status=0
	wait "$run" || status=$?
}
for disk in image log; do
	begin "$disk"
	await sealed_waits "$disk"
	kill -KILL "$sealed"
	end
	is "the check of the $disk is killed: grown all the same" "$status $(field '"\(.changed) \(.checked_by)"')" '0 true tcg' || tell
	judged "the check of the $disk is killed"
	begin "$disk"
	await sealed_waits "$disk"
	kill -TERM "$run"
	end
	is "a signal in the check of the $disk" "$status $(field .reason)" '30 interrupted' || tell
	is "a signal in the check of the $disk: nothing changed" "$(image_sum disk)" "$sum"
	is "a signal in the check of the $disk: nothing is left" "$(ls -A) $(ls -A "$TMPDIR") $(processes_in "$work")" "disk  "
	begin "$disk"
	await sealed_waits "$disk"
	kill -KILL "$run"
	end
	is "killed itself in the check of the $disk: nothing changed" "$(image_sum disk)" "$sum"
	ok "killed itself in the check of the $disk: no process is left" await no_process
	rm -rf -- "$TMPDIR"/grow-disk.* # nobody was left to do it
done

# Where memory is short, the machine waits for the end of the check before: here the check hangs, in a sleep of the daemon.
printf 'MemTotal: 400000 kB\nMemAvailable: 300000 kB\n' >"$work/meminfo"
printf 'mount --bind "%s" /proc/meminfo && exec "$@"\n' "$work/meminfo" >"$work/short"
daemon_sleeps() {
	for process in $(family "$run"); do
		! grep -q nanosleep "/proc/$process/wchan" || return 0
	done
	return 1
}
map=''
[ "$(id -u)" = 0 ] || map=--map-root-user
under="unshare $map --mount $(own_mounts) sh $work/short"
begin image
ok 'little memory: the check before hangs' await daemon_sleeps
kill -TERM "$run"
end
is 'little memory, and a signal: no machine was started' "$status $(field .reason) $(count_of '^starting the virtual machine')" '30 interrupted 0' || tell
under=''
done_testing
