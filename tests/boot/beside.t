#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A file system with many files: the check before is a second machine's, while the first one grows the log. What that second
# machine finds, and what becomes of it, must not matter to anybody: the outcome is that of one machine.
set -u
tests=$(dirname -- "$0")/.. tap_place=beside
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
export GROW_DISK_GUEST_DIR="$build" TMPDIR="$work/tmp"
unset GROW_DISK_QEMU
PATH=$PATH:/usr/sbin:/sbin

mkdir "$work/tmp" "$work/disks" "$work/files"
cd "$work/disks" || exit 1
if [ "$(nproc)" -lt 2 ]; then
	skip "a check beside the grow" "there is one processor"
	done_testing
fi

# 55,000 files, of which the first ones hold something.
for folder in $(seq 55); do
	mkdir "../files/$folder"
	(cd "../files/$folder" && seq -f file-%g 1000 | xargs touch && seq 1 2000 >file-1)
done
"$images/mbr-disk" ../disk.img 200M part 1 2048 180M 83 - ext4 "-b 4096 -N 60000 -d $work/files" >../made 2>&1 || cat ../made
fs="?offset=1048576"

# fresh [COMMAND]: the disk again; of debugfs, what is done to it.
fresh() {
	rm -f disk
	cp --sparse=always ../disk.img disk
	[ $# -eq 0 ] || debugfs -w -R "$1" "disk$fs" >/dev/null 2>&1
	sum=$(image_sum disk)
}

# grown [OPTION]...: 400 MiB, by machines of the kind $accel; the result is in ../json, what was said in ../said.
grown() {
	status=0
	"$grow_disk" --json --verbose --accel "$accel" "$@" disk 400M >../json 2>../said || status=$?
}

second_machines() {
	grep -c -- '^grow-disk: a second machine checks' ../said
}

# judged NAME: by other programs than ours.
judged() {
	set -- "$accel, $1"
	is "$1: the partition fills the disk" "$(sfdisk --json disk | jq -c '.partitiontable.partitions[0] | [.start, .start + .size]')" '[2048,819200]'
	dd if=disk of=../fs bs=1M skip=1 conv=sparse status=none
	ok "$1: e2fsck finds nothing" e2fsck -fn ../fs
	is "$1: the files are there" "$(debugfs -R 'cat /55/file-1' ../fs 2>/dev/null | cksum)" "$(seq 1 2000 | cksum)"
	is "$1: nothing is left" "$(ls -A) $(ls -A "$TMPDIR") $(processes_in "$work")" "disk  "
}

# With virtual machines, and with sealed processes.
for accel in native tcg; do
	fresh
	grown
	is "$accel, clean: grown" "$status $(jq -c '[.reason, .changed, .filesystem.repairs_before, .filesystem.repairs_after]' ../json)" '0 [null,true,0,0]'
	is "$accel, clean: by two machines" "$(second_machines)" 1
	is "$accel, clean: each limit is told once" "$(jq -c '.limits | map(.reason) | length > 0 and length == (unique | length)' ../json)" true
	ok "$accel, clean: the check before has a time" jq -e '.timings_ms.check > 0' ../json
	judged clean

	grown
	is "$accel, again: nothing to do" "$status $(jq .changed ../json) $(jq .timings_ms.check ../json)" '0 false null'
	is "$accel, again: nothing is left" "$(ls -A) $(ls -A "$TMPDIR") $(processes_in "$work")" "disk  "

	fresh 'sif /3/file-1 links_count 7'
	grown
	is "$accel, a wrong link count: repaired" "$status $(jq -c '[.changed, .filesystem.repairs_before > 0]' ../json)" '0 [true,true]'
	judged "a wrong link count"

	fresh 'unlink /3/file-1'
	grown
	is "$accel, damage that needs a decision: refused as by one machine" "$status $(jq -r .reason ../json)" '20 fs-unclean'
	is "$accel, damage that needs a decision: the image is what it was" "$(image_sum disk)" "$sum"
	is "$accel, damage that needs a decision: nothing is left" "$(ls -A) $(ls -A "$TMPDIR") $(processes_in "$work")" "disk  "
	grown --repair=all
	is "$accel, every repair: by one machine" "$status $(second_machines)" '0 0'
done

# keepers: the children of the run that keep its machines, the oldest first, as the kernel lists them.
keepers() {
	tr ' ' '\n' <"/proc/$process/task/$process/children" | while read -r child; do
		read -r comm <"/proc/$child/comm" && [ "$comm" = vm-keeper ] && printf '%s\n' "$child"
	done
}

# They are stopped as soon as there are two, so that no machine is done before its time: the host hears no machine but
# through its keeper.
two_keepers() {
	keepers >../pair
	[ "$(wc -l <../pair)" -eq 2 ] && xargs kill -STOP <../pair
}

# begun: the run in the background, until it has two machines, whose keepers are stopped: their numbers are in ../pair.
begun() {
	"$grow_disk" --json --verbose --accel tcg disk 400M >../json 2>../said &
	process=$!
	await two_keepers
}

# killed first|last: that keeper; the other goes on.
killed() {
	{
		read -r first
		read -r last
	} <../pair
	if [ "$1" = first ]; then kill -KILL "$first" && kill -CONT "$last"; else kill -KILL "$last" && kill -CONT "$first"; fi
}

ended() {
	status=0
	wait "$process" || status=$?
}

fresh
begun
killed last
ended
is "the second machine is killed: grown all the same" "$status $(jq -c '[.changed, .filesystem.repairs_before]' ../json)" '0 [true,0]'
is "the second machine is killed: it was tried" "$(second_machines)" 1
judged "the second machine is killed"

fresh
begun
killed first
ended
is "the first machine is killed: refused" "$status $(jq -c '[.reason, .changed]' ../json)" '70 ["guest-died",false]'
is "the first machine is killed: the image is what it was" "$(image_sum disk)" "$sum"

fresh
begun
kill -TERM "$process"
ended
is "interrupted: a sentence" "$status $(jq -r .reason ../json)" '30 interrupted'
is "interrupted: the image is what it was" "$(image_sum disk)" "$sum"
is "interrupted: nothing is left" "$(ls -A) $(ls -A "$TMPDIR") $(processes_in "$work")" "disk  "

# What the host cannot read beside the machine is for the machine to tell.
qemu-img create -q -f qcow2 empty 0
status=0
"$grow_disk" --json --accel tcg empty 10M >../json 2>../said || status=$?
is "a disk of no size: as the machine sees it" "$status $(jq -r .reason ../json)" '10 table-not-mbr'
rm empty

taskset -c 0 true 2>/dev/null && {
	fresh
	status=0
	taskset -c 0 "$grow_disk" --json --verbose --accel tcg disk 400M >../json 2>../said || status=$?
	is "one processor: one machine" "$status $(jq .filesystem.repairs_before ../json) $(second_machines)" '0 0 0'
}
done_testing
