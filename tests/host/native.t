#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The sealed process in the place of a machine, where something goes wrong: a seal that is missing or broken, a storage
# daemon that fails or lies, processes that are killed, a disk that needs a kernel. What goes well is in tests/boot, whose
# cases run with it too.
# shellcheck disable=SC2154  # variables of tap.sh
tap_place=memory
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/family.sh
. "$tests/lib/family.sh"
set -u
unset GROW_DISK_QEMU
export GROW_DISK_GUEST_DIR="$build"
work=$(readlink -f "$work")
mkdir "$work/disks" "$work/tmp" "$work/fake"
export TMPDIR="$work/tmp" XDG_CACHE_HOME="$work/cache"
cd "$work/disks" || exit 1
"$images/openwrt-disk" --format raw "$work/made"
ln -s "$tests/host/fake-storage" "$work/fake/qemu-storage-daemon"

picture() { "$tests/lib/picture" "$work/disks" || no_sum; }

# grow ARGUMENT...: of a new disk; sets status. Before the command stands what $under says.
under='' source=$work/made
grow() {
	rm -f -- *
	cp --sparse=always "$source" disk
	picture >"$work/before"
	# shellcheck disable=SC2086  # words
	$under "$grow_disk" --json "$@" disk 8G >"$work/out" 2>"$work/err"
	status=$?
}

field() { jq -r "$1" "$work/out"; }

# refused NAME STATUS REASON: what the last run said, and that nothing of it is there.
refused() {
	is "$1: status and reason" "$status $(field .reason)" "$2 $3" || diag "$(cat "$work/err")"
	is "$1: nothing changed" "$(picture)" "$(cat "$work/before")"
	is "$1: nothing is left in TMPDIR" "$(ls -A "$TMPDIR")" ''
}

# A seal that does not hold is noticed before the disk is there.
cp "$build/tests-pretend" "$work/pretend" # $under is words, and the folder of the build may have a blank
for lie in 'landlock_create_ruleset 38' 'landlock_restrict_self 0' 'seccomp 0' 'seccomp 38'; do
	under="$work/pretend $lie"
	grow --accel=native
	refused "$lie" 40 no-accelerator
done
under="$work/pretend landlock_restrict_self 0"
grow --plan
is 'with a seal that does not hold, auto takes a machine' "$status $(field .accelerator)" '0 tcg'
ok 'that is what is being started' grep -q 'starting the virtual machine' "$work/err"
under=''
rm "$work/cache/grow-disk/accel"
grow --plan --verbose
is 'auto takes the sealed process' "$status $(field .accelerator)" '0 native'
ok 'and says so' grep -q 'a sealed process of this host did the work.*that is enough for a plan' "$work/err"
ok 'that is what is being started' grep -q 'starting the sealed process' "$work/err"
is 'a plan changes nothing' "$(picture)" "$(cat "$work/before")"
ok 'a plan does not say whether KVM works' [ ! -e "$work/cache/grow-disk/accel" ]
grow --verbose
is 'auto takes the sealed process for a grow' "$status $(field .accelerator)" '0 native'
ok 'and says so of a grow' grep -q 'a sealed process of this host did the work.*KVM does not work here' "$work/err"

# An f2fs by its own programs, which are there; what they would have to mend takes a machine.
truncate -s 120M "$work/f2fs"
mkfs.f2fs -q "$work/f2fs"
source=$work/f2fs
grow --accel=native
is 'f2fs: the sealed process' "$status $(field .accelerator) $(field .changed)" '0 native true' || diag "$(cat "$work/err")"
ok 'f2fs: it is sound' fsck.f2fs --dry-run disk
"$images/f2fs-mark" "$work/f2fs" 16
grow --accel=native
is 'f2fs, marked for a check: a machine' "$status $(field .accelerator) $(field .changed)" '0 tcg true' || diag "$(cat "$work/err")"
source=$work/made

# Where QEMU's machine is not installed, what needs none is done.
mkdir "$work/few"
for program in sh dirname readlink qemu-img qemu-storage-daemon; do ln -s "$(command -v "$program")" "$work/few/"; done
under="env PATH=$work/few"
grow
is 'without QEMU: the sealed process' "$status $(field .accelerator) $(field .changed)" '0 native true' || diag "$(cat "$work/err")"
source=$work/f2fs
grow
refused 'without QEMU, and one is needed' 40 no-qemu
ok 'it says what to install' grep -q 'apt-get install qemu-system-x86' "$work/err"
source=$work/made
grow --accel=tcg
refused 'without QEMU, and it is asked for' 40 no-qemu
grow --prove-boot
refused 'without QEMU, and the boot is to be proven' 40 no-qemu
is 'that is found before any work' "$(grep -c 'reading the disk' "$work/err")" 0
under=''

# An administrator has forbidden it for all, by a file of the system.
cp "$build/tests-preload.so" "$work/preload.so"
under="env LD_PRELOAD=$work/preload.so GROW_TEST_PRELOAD=access:/etc/grow-disk/no-native$:found"
grow --plan
is 'forbidden: auto takes a machine' "$status $(field .accelerator)" '0 tcg'
grow --plan --accel=native
is 'forbidden: native means a machine, too' "$status $(field .accelerator)" '0 tcg'
under=''

# A sealed process that may have 12 MiB, where e2fsck needs more: 64 million inodes. A machine is to do it, which here need
# not come to its end.
truncate -s 65G "$work/inodes"
printf '2048,%s,83\n' $((64 * 2097152)) | sfdisk -q --label dos --no-reread --no-tell-kernel "$work/inodes"
mke2fs -q -F -t ext4 -b 1024 -i 1024 -E offset=1048576 "$work/inodes" $((64 * 1048576))
mv "$work/inodes" disk
picture >"$work/before"
: >"$work/err" # the run before said the same
env LD_PRELOAD="$work/preload.so" GROW_TEST_PRELOAD='execv:rescue-native$:12' "$grow_disk" --json --accel=native disk 66G >"$work/out" 2>"$work/err" &
process=$!
ok 'too little memory for e2fsck: a machine is started' await grep -q 'starting the virtual machine' "$work/err"
kill -TERM "$process"
wait "$process"
status=$?
refused 'too little memory, and a signal' 30 interrupted
ok 'it says why' grep -q 'the sealed process may not have so much memory: trying again with a virtual machine of' "$work/err"

# storage MODE [ASSIGNMENT...]: a grow with a storage daemon that fails in that way, and with these in the environment.
storage() {
	mode=$1
	shift
	under="env PATH=$work/fake:$PATH STORAGE_BYTES=8589934592 STORAGE=$mode $*"
	grow --accel=native
	under=''
}
# By the agent itself, and by a tool.
for place in 20 400; do
	storage "eio-$place"
	refused "errors after $place requests" 30 disk-io
	storage "die-$place"
	refused "its end after $place requests" 30 disk-io
done
# A daemon that says nothing any more; the limit of ten minutes is one second here.
for place in 20 400; do
	storage "hang-$place" LD_PRELOAD="$work/preload.so" GROW_TEST_PRELOAD=setsockopt:socket:1
	refused "silence after $place requests" 30 stalled
done
storage garbage-400
refused 'nonsense' 30 disk-io
storage cookie-400
refused 'the answer to another request' 30 disk-io
storage enospc-200
refused 'no room for what is written' 30 no-space

# The real daemon, whose log may not become larger.
printf '#!/bin/sh\nulimit -f 1500\nexec "$@"\n' >"$work/narrow"
chmod +x "$work/narrow"
qemu-img convert -f raw -O qcow2 "$work/made" "$work/made.qcow2"
under=$work/narrow source=$work/made.qcow2
grow --accel=native
under='' source=$work/made
refused 'a full log' 30 no-space

# Processes that are killed while e2fsck waits for a block. The daemon is stopped in the middle, so nothing ends by itself.
checks() { grep -q 'checking the file system' "$work/err"; }
# begin: sets process, and waits until the tool waits for the disk.
begin() {
	rm -f -- *
	cp --sparse=always "$work/made" disk
	picture >"$work/before"
	: >"$work/err" # the run before said the same
	env PATH="$work/fake:$PATH" STORAGE_BYTES=8589934592 STORAGE=hang-400 \
		"$grow_disk" --json --accel=native --verbose disk 8G >"$work/out" 2>"$work/err" &
	process=$!
	await checks
	everybody=$(family "$process")
}
# gone NUMBER...: these processes are no more.
gone() {
	for number; do
		[ ! -e "/proc/$number" ] || return 1
	done
}
# end: waits for the run; then none of its processes may be left.
end() {
	wait "$process" 2>/dev/null
	status=$?
	# shellcheck disable=SC2086  # numbers
	await gone $everybody
}
for victim in rescue-native perl vm-keeper; do
	begin
	case $victim in
	# The daemon of the sealed process: the other one is the real program.
	perl) victims=$(named "$process" fake-storage; named "$process" perl; named "$process" qemu-storage-d) ;;
	*) victims=$(named "$process" "$victim") ;;
	esac
	ok "$victim: it is there" [ -n "$victims" ]
	# shellcheck disable=SC2086  # numbers
	kill -KILL $victims
	end
	case $victim in
	perl) refused "$victim killed" 30 disk-io ;;
	*) refused "$victim killed" 70 guest-died ;;
	esac
	# shellcheck disable=SC2086  # numbers
	ok "$victim killed: no process is left" gone $everybody
done
begin
kill -TERM "$process"
end
refused 'a signal' 30 interrupted
begin
kill -KILL "$process"
end
is 'killed itself: nothing changed' "$(image_sum disk)" "$(image_sum "$work/made")"
# shellcheck disable=SC2086  # numbers
ok 'killed itself: no process is left' gone $everybody
done_testing
