#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Clocks beyond 2^31 seconds, and in 2100: everything works, and the times that
# are written are right where the file system has room for them.
# shellcheck disable=SC2016,SC2034,SC2154  # the guest expands it; tap.sh reads tap_place, and has the rest
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
set -u
mkdir "$work/tmp"
export TMPDIR="$work/tmp"
cd "$work" || exit 1

# p1 with small inodes, p2 with large ones.
"$images/mbr-disk" made.raw 64M part 1 2048 16M 83 - ext4 '-I 128 -L small' part 2 34816 40M 83 - ext4 '-I 256 -L large' || exit 1

# seconds TEXT: as date has it.
seconds() { date -u -d "$1" +%s; }

# part N: a partition of disk.raw, by itself.
part() {
	start=$(sfdisk --json disk.raw | jq ".partitiontable.partitions[$(($1 - 1))].start")
	dd if=disk.raw of=part.raw bs=512 skip="$start" count="$(sfdisk --json disk.raw | jq ".partitiontable.partitions[$(($1 - 1))].size")" status=none
}

# run COMMAND...: sets $status, and $took, how many seconds it took.
run() {
	took=$(date +%s) status=0
	"$@" 2>err || status=$?
	took=$(($(date +%s) + 1 - took))
}

# within NAME GOT WANTED: seconds; later by no more than the last run took. (A clock that was not set is years away.)
within() {
	ok "$1 (got $2, wanted $3 or a little later)" [ "$2" -ge "$3" ]
	ok "$1: not later than the run's end, after $took s" [ "$2" -le $(($3 + took)) ]
}

for clock in 2038-01-19T03:14:08Z 2100-01-01T00:00:00Z; do
	for start in '' --no-warm; do
		name="$clock${start:+, cold}"
		cp made.raw disk.raw
		# shellcheck disable=SC2086  # nothing, or one word
		run "$grow_disk" -q $start --rtc "$clock" disk.raw 200M
		is "$name: status" "$status" 0
		part 2
		for what in 'Last write time' 'Last checked'; do
			found=$(dumpe2fs -h part.raw 2>/dev/null | sed -n "s/^$what: *//p")
			within "$name: $what" "$(seconds "$found")" "$(seconds "$clock")"
		done
		ok "$name: e2fsck finds nothing" e2fsck -fn part.raw
	done
done

# Written by the guest's kernel: inodes of 128 bytes have no room, and get the last
# moment that they can say.
cp made.raw disk.raw
run "$source_tree/hostscripts/rescue-disk" --rtc 2100-01-01T00:00:00Z --write --yes disk.raw -- \
	sh -c 'mkdir /a && for n in 1 2; do mount /dev/sda$n /a && touch /a/file && umount /a || exit 1; done'
is "files: status" "$status" 0
for n in 1 2; do
	part "$n"
	case $n in
	1) wanted=2038-01-19T03:14:07Z ;;
	2) wanted=2100-01-01T00:00:00Z ;;
	esac
	found=$(debugfs -R 'stat /file' part.raw 2>/dev/null | sed -n 's/^ *mtime: 0x[0-9a-f:]* -- //p')
	within "files: mtime in partition $n" "$(seconds "$found")" "$(seconds "$wanted")"
	ok "files: e2fsck finds nothing in partition $n" e2fsck -fn part.raw
done

# The kernel reads two digits of the year from the machine's clock; the agent sets
# what is wrong with it.
for clock in 2069-12-31T00:00:00Z 2100-01-01T00:00:00Z; do
	"$source_tree/hostscripts/trace-boot" -q --rtc "$clock" --attach scsi --method agent --json trace disk.raw >out 2>err
	is "trace-boot, $clock: status" $? 0
	is "trace-boot, $clock: the kernel's clock" "$(jq -r 'select(.event == "log" and (.text | test("setting system clock to 20(69-12-31|00-01-01)"))) | .event' trace)" log
	is "trace-boot, $clock: nothing is missing" "$(jq -rs '[.[] | select(.event == "listing" and (.present | not))] | length' trace)" 0
done
is "no file left" "$(ls -A "$TMPDIR")" ''
done_testing
