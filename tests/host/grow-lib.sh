# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the grow-*.t files share: sample disks, and grow-disk with a QEMU whose guest
# is played (tests/host/fake-guest). To be sourced with $tests set to the folder tests/.
# shellcheck disable=SC2034,SC2154  # variables are for the test files

set -u
# shellcheck source=/dev/null  # checked by itself
. "$tests/lib/tap.sh"
export GROW_DISK_QEMU="$tests/host/fake-guest"
unset STUB

scratch=$(readlink -f "$work")
mkdir "$scratch/guest" "$scratch/tmp" "$scratch/made"
touch "$scratch/guest/kernel" "$scratch/guest/initramfs.cpio"
echo test-build >"$scratch/guest/build-id"
export GROW_DISK_GUEST_DIR="$scratch/guest"
export TMPDIR="$scratch/tmp" XDG_CACHE_HOME="$scratch/cache"

# LD_PRELOAD takes no path with a blank.
preload=$scratch/preload.so
cp "$build/tests-preload.so" "$preload"

# has NAME TEXT PART
has() {
	case $2 in
	*"$3"*) is "$1" yes yes ;;
	*) is "$1" "$2" "(something with) $3" ;;
	esac
}

# An empty folder to work in.
fresh() {
	cd "$scratch" || exit 1
	rm -rf "$scratch/disks"
	mkdir "$scratch/disks"
	cd "$scratch/disks" || exit 1
}

# make_disk FORMAT NAME: OpenWrt's layout in 121 MiB; made once, then copied.
make_disk() {
	if [ ! -e "$scratch/made/$1" ]; then
		truncate -s 121M "$scratch/made/raw"
		printf 'label: dos\nlabel-id: 0x1234abcd\nstart=512,size=32768,type=83,bootable\nstart=33792,size=212992,type=83\n' |
			sfdisk -q "$scratch/made/raw" >/dev/null
		printf 'boot code' | dd of="$scratch/made/raw" conv=notrunc status=none
		head -c 100000 /dev/urandom | dd of="$scratch/made/raw" bs=512 seek=600 conv=notrunc status=none
		qemu-img convert -f raw -O qcow2 "$scratch/made/raw" "$scratch/made/qcow2"
	fi
	cp "$scratch/made/$1" "$2"
}

# grow_disk ARGUMENT...: sets status, out and err.
grow_disk() {
	"$grow_disk" "$@" >"$scratch/out" 2>"$scratch/err"
	status=$?
	out=$(cat "$scratch/out")
	err=$(cat "$scratch/err")
}

newline='
'

# A field of the last --json result, or several, as one line.
field() {
	filter=''
	for path; do filter=$filter${filter:+, }.$path; done
	jq -j "[$filter] | map(tostring) | join(\" \")" "$scratch/out"
}

# What the folder holds: names, modes, owners, inodes, times, contents.
picture() { "$tests/lib/picture" "$scratch/disks" || no_sum; }

# refused REASON STATUS NAME ARGUMENT...: nothing has changed, nothing is left.
refused() {
	reason=$1 wanted=$2 name=$3
	shift 3
	before=$(picture)
	grow_disk --json "$@"
	is "$name: status $wanted" "$status" "$wanted"
	is "$name: $reason" "$(field reason changed)" "$reason false"
	is "$name: nothing changed" "$(picture)" "$before"
	is "$name: no temporary file left" "$(ls -A "$TMPDIR")" ""
	case ${err##*"$newline"} in
	'grow-disk: '*". [$reason]") is "$name: a sentence" yes yes ;;
	*) is "$name: a sentence" "$err" "grow-disk: A sentence. [$reason]" ;;
	esac
}

# fake PROGRAM: what stands on standard input is in its place, for "with_fakes",
# and finds the real one in $PATH without the first folder.
fake() {
	mkdir -p "$scratch/fake"
	# shellcheck disable=SC2016  # the fake expands it
	{
		printf '#!/bin/sh\n'
		cat
		printf 'PATH=${PATH#*:}\nexec %s "$@"\n' "$1"
	} >"$scratch/fake/$1"
	chmod +x "$scratch/fake/$1"
}

# with_fakes COMMAND...
with_fakes() {
	PATH=$scratch/fake:$PATH
	"$@"
	PATH=${PATH#*:}
}

# Begin grow_disk in the background, in a process group of its own: sets process.
begin_disk() {
	: >"$scratch/out"
	: >"$scratch/err" # the run before may have said what is waited for
	setsid env --default-signal=INT,HUP,TERM "$grow_disk" "$@" >"$scratch/out" 2>"$scratch/err" &
	process=$!
}

# make_pending STATE FORMAT [ARGUMENT]...: a disk whose growth to 8G has got as far
# as a ticket in that state, and not one byte into the image. What is made without an
# argument is kept, and copied the next time.
make_pending() {
	pending_state=$1 kept=$scratch/made/pending-$2
	if [ $# -eq 2 ] && [ -e "$kept" ]; then
		rm -f disk
		cp -a "$kept/." .
	else
		make_disk "$2" disk
		shift 2
		fail_commit "$@"
		[ $# -gt 0 ] || { mkdir "$kept" && cp -a disk.grow-disk.* "$kept"; }
	fi
	[ "$pending_state" != verified ] || { mv disk.grow-disk.committing disk.grow-disk.verified && mv disk.grow-disk.image disk; }
}

# fail_commit [ARGUMENT]...: a grow whose commit cannot begin.
fail_commit() {
	fake qemu-img <<-'EOF'
		[ "$1" != commit ] || { echo 'qemu-img: No space left on device' >&2; exit 1; }
	EOF
	with_fakes grow_disk --json "$@" disk 8G
	rm -r "$scratch/fake"
}

# The end of the partition in the table, in sectors.
table_end() {
	qemu-img convert -f "$1" -O raw "$2" "$scratch/table.raw"
	sfdisk --json "$scratch/table.raw" | jq '.partitiontable.partitions[-1] | .start + .size'
	rm -f "$scratch/table.raw"
}
