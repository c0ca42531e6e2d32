#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk that is a block device: a loop device, which only root can have. It is grown to its own size; who has it keeps us out; killed before
# each call that changes anything, it is the old disk, closed, or the new one, and --recover makes the new one of it.
# shellcheck disable=SC2154  # build, images, judge, grow_disk and work come from tap.sh
set -u
tests=$(dirname "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

mkdir "$work/tmp" "$work/disks" "$work/mounted"
export GROW_DISK_GUEST_DIR="$build" TMPDIR="$work/tmp"
logs=$(mktemp -d "$build/device-logs.XXXXXX") # on a disk: a folder in memory is refused
cp "$build/tests-preload.so" "$work/preload.so" # LD_PRELOAD takes no path with a blank
cd "$work/disks" || exit 1

loop='' upper='' other='' holder=''
test_cleanup() {
	[ -z "$holder" ] || as_root kill "$holder" 2>/dev/null
	as_root umount "$work/mounted" 2>/dev/null
	[ -z "$upper" ] || as_root losetup -d "$upper"
	[ -z "$other" ] || as_root losetup -d "$other"
	[ -z "$loop" ] || as_root losetup -d "$loop"
	as_root rm -rf "$logs" "${TMPDIR:?}"/*
}

attach() { loop=$(as_root losetup "$@" -f --show disk.img 2>/dev/null) || loop=''; }
detach() { as_root losetup -d "$loop" && loop=''; }

truncate -s 1M disk.img
if can_be_root; then attach; fi
if [ -z "$loop" ]; then
	skip 'a disk that is a block device' 'needs root and loop devices'
	done_testing
fi
detach

# grow ARGUMENT...: as root; the result is in ../json, what was said in ../said.
grow() {
	status=0
	# shellcheck disable=SC2086  # words
	as_root env GROW_DISK_GUEST_DIR="$build" TMPDIR="$TMPDIR" $under "$grow_disk" --json "$@" >../json 2>../said </dev/null || status=$?
}
under=
result() { jq -c "$1" ../json; }
left() { as_root ls -A "$logs" "$TMPDIR" | grep -v -e ':$' -e '^$'; }

# refused NAME STATUS REASON TEXT ARGUMENT...: and nothing has changed.
refused() {
	refused_name=$1 refused_status=$2 refused_reason=$3 refused_text=$4 refused_sum=$(image_sum disk.img)
	shift 4
	grow "$@"
	is "$refused_name: refused" "$status $(result .reason)" "$refused_status \"$refused_reason\"" || cat ../said
	ok "$refused_name: it says '$refused_text'" grep -qF -- "$refused_text" ../said || cat ../said
	is "$refused_name: the disk is what it was" "$(image_sum disk.img)" "$refused_sum"
	is "$refused_name: nothing is left" "$(left)" ''
}

# make KIND: disk.img, as its volume was enlarged to 300 MiB
make() {
	rm -f disk.img
	case $1 in
	mbr) "$images/mbr-disk" disk.img 81M part 1 2048 16M 83 - - part 2 34816 64M 83 - ext4 ;;
	gpt) "$images/gpt-disk" disk.img 82M part 1 2048 16M L - - - part 2 34816 64M L - - ext4 ;;
	bare)
		truncate -s 64M disk.img
		[ -e tree ] || "$images/tree" tree
		mke2fs -q -t ext4 -L bare -d tree disk.img
		;;
	esac
	rm -rf facts
	[ "$1" = bare ] || "$judge" before disk.img 2 facts
	truncate -s 300M disk.img
}

# judged NAME KIND: of the file behind the device
judged() {
	case $2 in
	bare)
		ok "$1: e2fsck finds nothing" e2fsck -fn disk.img
		is "$1: it fills the disk" "$(dumpe2fs -h disk.img 2>/dev/null | awk -F: '/^Block count/ { n = $2 } /^Block size/ { b = $2 } END { printf "%d", n * b }')" $((300 << 20))
		;;
	*) ok "$1: the judge is content" "$judge" after disk.img facts --size $((300 << 20)) ;;
	esac
}

for kind in mbr gpt bare; do
	make "$kind"
	attach
	grow --plan --work-dir "$logs" "$loop"
	is "$kind: a plan" "$status $(result '[.changed, .size_after_bytes]') $(left)" "0 [true,$((300 << 20))] " || cat ../said
	grow --accel tcg --work-dir "$logs" "$loop"
	is "$kind: it is grown, in a virtual machine" "$status $(result .changed) $(left)" '0 true ' || cat ../said
	detach
	judged "$kind" "$kind"
	attach
	grow --work-dir "$logs" "$loop"
	is "$kind: a second run has nothing to do" "$status $(result .changed)" '0 false' || cat ../said
	detach
done

make mbr
attach
refused 'no place for the log' 2 usage '--work-dir' "$loop"
refused 'a size' 2 usage 'takes no SIZE' --work-dir "$logs" "$loop" 1G
refused 'a power of two' 2 usage 'takes no SIZE' --work-dir "$logs" --size-power-of-two "$loop"
refused '--keep-failed' 10 image-not-a-file '--keep-failed needs a file' --work-dir "$logs" --keep-failed "$loop"
# shellcheck disable=SC2016  # the shell of root expands it
as_root sh -c 'echo $$ >"$1" && exec sleep 600 <"$2"' - "$work/holder" "$loop" &
sleeps() { holder=$(cat "$work/holder") && grep -q sleep "/proc/$holder/comm"; }
await sleeps
refused 'another program has it open' 30 image-locked "(sleep, process $holder)" --work-dir "$logs" "$loop"
as_root kill "$holder"
wait 2>/dev/null
holder=''
upper=$(as_root losetup -f --show "$loop")
refused 'a loop device stands on it' 30 image-locked "$upper" --work-dir "$logs" "$loop"
as_root losetup -d "$upper"
upper=''
"$source_tree/hostscripts/rescue-disk" --help >/dev/null
as_root "$source_tree/hostscripts/rescue-disk" --quiet --accel tcg "$loop" -- sh -c 'cat /proc/partitions' >../out 2>../said </dev/null
is 'rescue-disk reads it' "$? $(awk '$4 ~ /^sda/ { print $4, $3 }' ../out | tr '\n' ' ')" '0 sda 307200 sda1 16384 sda2 65536 ' || cat ../said
as_root "$source_tree/hostscripts/rescue-disk" --write --yes "$loop" -- true >../out 2>../said </dev/null
is 'and does not write to it' "$? $(grep -c 'image-not-a-file' ../said)" '10 1'
detach
attach --read-only
refused 'a device that is read-only' 10 image-not-writable "$loop" --work-dir "$logs" "$loop"
detach
make bare
attach
if as_root mount "$loop" "$work/mounted" 2>/dev/null; then
	refused 'mounted' 30 image-locked "$work/mounted" --work-dir "$logs" "$loop"
	as_root umount "$work/mounted"
else
	skip 'mounted' 'nothing can be mounted here'
fi
detach
truncate -s 0 disk.img
truncate -s 300M disk.img
printf LABELONE | dd of=disk.img bs=1 seek=512 conv=notrunc status=none
printf 'LVM2 001' | dd of=disk.img bs=1 seek=536 conv=notrunc status=none
attach
refused 'a physical volume of LVM' 10 volume-ambiguous '--volume' --work-dir "$logs" "$loop"
detach
qemu-img create -q -f qcow2 disk.qcow2 100M
cat disk.qcow2 >disk.img
attach
refused 'a qcow2 on it' 10 image-format 'qcow2' --work-dir "$logs" "$loop"
detach

# A folder in memory, where there is one.
if [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
	make mbr
	attach
	refused 'a log in memory' 2 usage 'is in memory' --work-dir /dev/shm "$loop"
	detach
else
	skip 'a log in memory' '/dev/shm is none here'
fi

# What it is called leads elsewhere when its turn has come.
make mbr
attach
cp disk.img ../other.img
other=$(as_root losetup -f --show ../other.img)
ln -s "$loop" ../name
rm -f "$work/holder"
# shellcheck disable=SC2016  # the shell of root expands it
as_root sh -c 'echo $$ >"$1" && exec sleep 600 <"$2"' - "$work/holder" "$loop" &
await sleeps
as_root "$grow_disk" --json --wait-lock 600 --work-dir "$logs" ../name >../json 2>../said </dev/null &
process=$!
await grep -q 'waiting for at most' ../said
ln -sfn "$other" ../name
as_root kill "$holder"
wait "$process"
is 'its name leads to another device by then: refused' "$? $(result .reason)" '30 "image-locked"' || cat ../said
wait 2>/dev/null
holder=''
as_root losetup -d "$other"
other=''
detach

# The steps of a device: pwrite, fallocate, fsync of it, and renames of its ticket.
killed_at() { under="LD_PRELOAD=$work/preload.so GROW_TEST_PRELOAD=step:$1:kill:$2"; }

# What a run leaves that is killed with a complete log; and what a whole one makes of it.
make gpt
old=$(image_sum disk.img)
attach
killed_at "$loop" 1
grow --work-dir "$logs" "$loop"
under=
as_root rm -rf "${TMPDIR:?}"/*
is 'killed before the first change: a complete log is left' "$status $(left | sed 's/.*\.//' | tr '\n' ' ')" '137 log verified ' || cat ../said
detach
is 'and the old disk' "$(image_sum disk.img)" "$old"
as_root cp -a "$logs" ../pending
cp disk.img ../old.img
ticket=$(basename "$(ls ../pending/*.verified)" .verified)

# again: to that state
again() {
	as_root rm -rf "$logs"
	as_root cp -a ../pending "$logs"
	cat ../old.img >disk.img
	attach
}

# closed_disk: to a disk that is closed, and half new
closed_disk() {
	again
	killed_at "$loop" 9
	grow --recover --work-dir "$logs" "$loop"
	under=
	as_root rm -rf "${TMPDIR:?}"/*
	detach
	headers
	ok "$1: the disk is closed" closed
	cp disk.img ../half.img
	attach
}

# stale NAME: the log does not belong to this disk: nothing changes, and the log stays.
stale() {
	stale_sum=$(image_sum disk.img) stale_left=$(left)
	grow --recover --work-dir "$logs" "$loop"
	is "$1: refused" "$status $(result .reason)" '20 "log-stale"' || cat ../said
	is "$1: nothing has changed, and the log is there" "$(image_sum disk.img) $(left)" "$stale_sum $stale_left"
}

# change AT: one byte of the disk
change() { printf x | as_root dd of="$loop" bs=1 seek="$1" conv=notrunc status=none && sync; }

# closed: neither firmware nor kernel finds anything on it.
closed() {
	[ "$(od -An -tx1 -j 510 -N 2 disk.img | tr -d ' ')" = 0000 ] && ! grep -q -m 1 -F 'EFI PART' ../headers
}
headers() { # of both places
	{ dd if=disk.img bs=512 skip=1 count=1 && tail -c 512 disk.img; } >../headers 2>/dev/null
}

again
grow --plan --work-dir "$logs" "$loop"
is 'a plan tells of it' "$status $(result '[.pending.state, .changed]')" '0 ["verified",true]' || cat ../said
grow --discard --work-dir "$logs" "$loop"
is 'it can be discarded' "$status $(result .discarded) $(left)" '0 true '
detach
again
change $((34816 * 512 + 1024 + 120))
stale 'another superblock'
detach
again
change $((34816 * 512 + 2 * 1024 + 20))
stale 'the same superblock, and another group'
detach
again
grow --recover --work-dir "$logs" "$loop"
is '--recover' "$status $(result .recovered) $(left)" '0 true ' || cat ../said
detach
judged '--recover' gpt
new=$(image_sum disk.img)

# A copy of the old disk under the name of one that is half committed: that one's log is not used up by it.
closed_disk 'another disk of that name'
detach
cat ../old.img >disk.img
attach
stale 'another disk of that name'
detach
cat ../half.img >disk.img
attach
grow --recover --work-dir "$logs" "$loop"
detach
is 'another disk of that name: the right one is finished' "$status $([ "$(image_sum disk.img)" = "$new" ] && echo new) $(left)" '0 new ' || cat ../said

# A disk that has another name by now; and an empty one, which has no signatures either.
closed_disk 'another name'
for file in $(left); do as_root mv "$logs/$file" "$logs/block-7-99${file#"${ticket%.grow-disk}"}"; done
detach
cp disk.img ../half.img
truncate -s 0 disk.img
truncate -s 300M disk.img
attach
grow --work-dir "$logs" "$loop"
is 'another name: an empty device is none of it' "$status $(left | wc -l)" '10 2' || cat ../said
detach
cat ../half.img >disk.img
attach
key=$(as_root cat ../pending/*.verified | jq -r .log_key)
ok 'the log has its key in its name' [ -e "$logs/block-7-99.$key.grow-disk.log" ]
grow --recover --work-dir "$logs" "$loop"
detach
is 'another name: it is found and finished' "$status $(result .recovered) $([ "$(image_sum disk.img)" = "$new" ] && echo new) $(left)" '0 true new ' || cat ../said

# Enlarged once more before the recovery.
closed_disk 'enlarged meanwhile'
truncate -s 400M disk.img
as_root losetup -c "$loop"
grow --work-dir "$logs" "$loop"
detach
is 'enlarged meanwhile: finished, then grown once more' "$status $(result '[.recovered, .changed]') $(left)" '0 [true,true] ' || cat ../said
ok 'enlarged meanwhile: the judge is content' "$judge" after disk.img facts --size $((400 << 20))

# Used after it was complete, but before the ticket said so.
again
under="LD_PRELOAD=$work/preload.so GROW_TEST_PRELOAD=rename:.grow-disk.committed:EACCES"
grow --recover --work-dir "$logs" "$loop"
under=
is 'complete, and the ticket does not say so' "$status $(result .reason)" '30 "commit-unfinished"' || cat ../said
grow --discard --work-dir "$logs" "$loop"
is 'it cannot be discarded' "$status $(result .reason)" '20 "commit-begun"'
change $((34816 * 512 + 2 * 1024 + 20))
stale 'and used since'
detach

# Another run that works with the log of that name.
again
rm -f "$work/holder"
# shellcheck disable=SC2016  # the shell of root expands it
as_root sh -c 'exec 9<"$2" && flock 9 && echo $$ >"$1" && exec sleep 600' - "$work/holder" "$logs/$(left | grep 'log$')" &
await sleeps
refused_sum=$(image_sum disk.img)
grow --recover --work-dir "$logs" "$loop"
is 'another run works with that log' "$status $(result .reason) $(image_sum disk.img)" "30 \"image-locked\" $refused_sum" || cat ../said
as_root kill "$holder"
wait 2>/dev/null
holder=''
detach

# Killed before each change.
step=1 finished=no bad='' states=''
while [ "$finished" = no ] && [ "$step" -lt 500 ]; do
	again
	killed_at / "$step"
	grow --recover --work-dir "$logs" "$loop"
	under=
	as_root rm -rf "${TMPDIR:?}"/* # a kill leaves what no later run needs
	[ "$status" -ne 0 ] || finished=yes
	detach
	headers
	now=$(image_sum disk.img) state=$(left | sed -n "s/^$ticket\.//p")
	if [ "$now" = "$old" ]; then
		is_now=old
	elif [ "$now" = "$new" ]; then
		is_now=new
	elif closed; then
		is_now=closed
	else # the signatures come or go one after the other, and the kernel is told of none
		is_now=between
	fi
	case $states in *" $state/$is_now "*) ;; *) states="$states $state/$is_now " ;; esac
	if [ "$finished" = no ]; then
		attach
		grow --recover --work-dir "$logs" "$loop"
		detach
		[ "$status $(left)" = '0 ' ] || bad="$bad $step: status $status, $(cat ../said)"
		[ "$(image_sum disk.img)" = "$new" ] || bad="$bad $step: another disk"
	fi
	step=$((step + 1))
done
is 'killed before each change, it is recovered' "$bad" ''
ok 'and there were many' [ "$finished" = yes -a "$step" -gt 20 ]
diag "$step steps; ticket and disk were:$states"
for part in 'verified/old' 'verified/closed' 'committing/closed' 'committing/between' 'committing/new' '/new'; do
	ok "a kill met $part" expr "$states" : ".* $part "
done

# Closed, but not begun: discarded, and opened as it was.
again
killed_at "$loop" 4
grow --recover --work-dir "$logs" "$loop"
under=
as_root rm -rf "${TMPDIR:?}"/*
is 'killed when it was closed, or nearly' "$(left | sed -n "s/^$ticket\.//p") $([ "$(image_sum disk.img)" != "$old" ] && echo touched)" 'verified touched'
grow --discard --work-dir "$logs" "$loop"
detach
is 'discarded, it is the old disk again' "$status $([ "$(image_sum disk.img)" = "$old" ] && echo old) $(left)" '0 old ' || cat ../said

again
under="LD_PRELOAD=$work/preload.so GROW_TEST_PRELOAD=step:$loop:term:3"
grow --recover --work-dir "$logs" "$loop"
under=
detach
is 'a signal in the middle: it is finished' "$status $(result .recovered) $([ "$(image_sum disk.img)" = "$new" ] && echo new) $(left)" '0 true new ' || cat ../said

again
under="LD_PRELOAD=$work/preload.so GROW_TEST_PRELOAD=fsync:$loop:EIO"
grow --recover --work-dir "$logs" "$loop"
is 'a device that cannot be flushed' "$status $(result .reason)" '30 "commit-unfinished"' || cat ../said
under=
grow --work-dir "$logs" "$loop"
is 'the next run finishes it' "$status $(result .recovered) $(left)" '0 true ' || cat ../said
detach
is 'and it is the grown disk' "$(image_sum disk.img)" "$new"

# Disks without a table, closed: nothing knows them.
for kind in ext4 f2fs swap; do
	rm -f disk.img
	truncate -s 128M disk.img
	case $kind in
	ext4) mke2fs -q -t ext4 disk.img && printf '\125\252' | dd of=disk.img bs=1 seek=510 conv=notrunc status=none ;; # a boot loader in its first sector
	f2fs) mkfs.f2fs -q disk.img ;;
	swap) mkswap -q -p 16384 disk.img 2>../said ;;
	esac
	truncate -s 300M disk.img
	attach
	killed_at "$loop" 4
	grow --work-dir "$logs" "$loop"
	under=
	as_root rm -rf "${TMPDIR:?}"/*
	detach
	is "a whole disk of $kind: closed, nothing knows it" "$status $(blkid -p -o value -s TYPE disk.img)" '137 ' || cat ../said
	attach
	grow --recover --work-dir "$logs" "$loop"
	detach
	is "a whole disk of $kind: recovered" "$status $(left) $(blkid -p -o value -s TYPE disk.img)" "0  $kind" || cat ../said
done
is 'no QEMU is left' "$(processes_in "$work")" ''
done_testing
