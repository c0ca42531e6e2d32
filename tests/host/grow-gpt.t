#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A GPT grown by a guest that is played: an honest one, one that forges any field with all checksums right, one that
# writes a part of what it shall.
# shellcheck disable=SC2154  # status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/..
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

# gpt_disk FORMAT NAME: number 1 lies behind number 15; 64 MiB.
gpt_disk() {
	[ -e "$scratch/made/gpt" ] || {
		"$images/gpt-disk" "$scratch/made/gpt" 64M part 15 2048 8M U ESP - - part 1 18432 32M L root - -
		qemu-img convert -f raw -O qcow2 "$scratch/made/gpt" "$scratch/made/gpt.qcow2"
	}
	if [ "$1" = raw ]; then cp "$scratch/made/gpt" "$2"; else cp "$scratch/made/gpt.qcow2" "$2"; fi
}

# The partitions of the table as sfdisk has them, and whether sgdisk finds a fault.
table_of() {
	qemu-img convert -f "$1" -O raw "$2" "$scratch/table.raw"
	sfdisk --json "$scratch/table.raw" 2>&1 | jq -c '.partitiontable | [.label, .lastlba, (.partitions[] | [.start, .size])]'
	sgdisk -v "$scratch/table.raw" | grep -o 'No problems found'
	rm -f "$scratch/table.raw"
}

# 100 MiB have 204800 sectors; the last usable is 204766.
grown='["gpt",204766,[18432,186328],[2048,16384]]
No problems found'

honest() {
	for format in raw qcow2; do
		fresh
		gpt_disk "$format" disk
		grow_disk --json disk 100M
		is "$format: grown" "$status $(field changed fence.differing_bytes)" "0 true 0"
		is "$format: the table" "$(table_of "$format" disk)" "$grown"
		is "$format: nothing is left" "$(ls -A)" disk
		before=$(picture)
		STUB=nothing grow_disk --json disk
		is "$format: nothing to do the second time" "$status $(field changed) $(picture)" "0 false $before"
	done
	fresh
	gpt_disk raw disk
	truncate -s 70M disk
	grow_disk --json disk
	is "a backup that is not at the end: grown" "$status $(table_of raw disk | tail -n 1)" "0 No problems found"
	fresh
	gpt_disk raw disk
	grow_disk --json disk 65011712
	is "by less than its backup: refused as smaller" "$status" 10
	grow_disk --json disk $((64 * 1048576 + 4096))
	is "by 4 KiB" "$status $(table_of raw disk)" "0 [\"gpt\",131046,[18432,112608],[2048,16384]]
No problems found"
}

# What the fence demands byte by byte is what other programs make of the same disk.
tools() {
	fresh
	gpt_disk raw disk
	cp disk by-sfdisk
	cp disk by-sgdisk
	grow_disk --json disk 100M
	truncate -s 100M by-sfdisk by-sgdisk
	echo '18432, 186328' | sfdisk -q --no-reread -N 1 by-sfdisk >/dev/null 2>&1
	sgdisk -e by-sgdisk >/dev/null
	sgdisk -a 1 -d 1 -n 1:18432:204759 -t 1:8300 -c 1:root -u 1:9d0b5e5e-0000-4000-9000-000000000001 by-sgdisk >/dev/null
	ok "sfdisk makes the same of all before the target" cmp -n $((18432 * 512)) disk by-sfdisk
	ok "and of all behind it" cmp -i $((204760 * 512)) disk by-sfdisk
	ok "so does sgdisk, but for the CHS of the first sector" cmp -i 454 -n $((18432 * 512 - 454)) disk by-sgdisk
	ok "and behind it" cmp -i $((204760 * 512)) disk by-sgdisk
}

# Sectors of 4096 bytes: the guest sees such a disk.
large_sectors() {
	for format in raw qcow2; do
		fresh
		"$images/gpt-disk" --sector 4096 --format "$format" disk 64M part 1 1024 8M U ESP - - part 2 4096 32M L root - -
		grow_disk --json disk 100M
		is "4096-byte sectors, $format: grown" "$status $(field changed partition.sector_bytes)" "0 true 4096"
		qemu-img convert -f "$format" -O raw disk "$scratch/table.raw"
		is "4096-byte sectors, $format: the end" "$(fdisk -b 4096 -l -o end "$scratch/table.raw" | tail -n 1)" 25594
	done
}

cut_off() {
	fresh
	gpt_disk raw disk
	truncate -s 49M disk
	grow_disk --json disk 100M
	is "without the backup: grown" "$status $(table_of raw disk)" "0 $grown"
	gpt_disk raw disk
	truncate -s 40M disk
	refused image-truncated 20 "a copy that ended within a partition" disk 100M
	has "how much is missing" "$err" "1 MiB (1048576 bytes) is missing"
}

# breach STUB...: each is caught.
breach() {
	for stub; do
		in_turn 4 || continue
		fresh
		gpt_disk raw disk
		before=$(picture)
		STUB=$stub grow_disk --json disk 100M
		is "$stub: caught" "$status $(field reason changed)" "70 fence-breach false"
		is "$stub: nothing changed" "$(picture)" "$before"
	done
}

bytes() {
	end=$((100 * 1048576))
	# The first sector, header, entries, gap, the other partition; free sectors behind the target; the backup.
	breach breach:0 breach:446 breach:450 breach:454 breach:457 breach:458 breach:461 breach:511 breach:512 breach:528 \
		breach:560 breach:603 breach:604 breach:1023 breach:1024 breach:1063 breach:1064 breach:1072 breach:1152 \
		breach:$((1024 + 14 * 128 + 40)) breach:17407 breach:17408 breach:1048576 breach:9437183 \
		breach:$((204760 * 512)) breach:$((204766 * 512 + 511)) breach:$((204767 * 512)) breach:$((204767 * 512 + 40)) \
		breach:$((end - 512)) breach:$((end - 512 + 92)) breach:$((end - 1))
	fresh
	gpt_disk raw disk
	STUB=breach:$((18432 * 512)) grow_disk --json disk 100M
	is "the first byte of the target is its own" "$status" 0
	STUB=breach:$((204759 * 512 + 511)) grow_disk --json disk 100M
	is "and so is the last" "$status" 0
}

fields() {
	# Revision, reserved, first and last usable sector, GUID, entries' place and number, of both copies; then of one.
	breach forge:both:8:00000200 forge:both:20:01000000 forge:both:40:2300000000000000 forge:both:48:df1f030000000000 \
		forge:both:48:dd1f030000000000 forge:both:56:00 forge:both:80:81000000 forge:both:92:01 \
		forge:primary:32:0000000000000000 forge:primary:72:0300000000000000 forge:primary:12:60000000 \
		forge:backup:24:fe1f030000000000 forge:backup:32:0200000000000000 forge:backup:72:0200000000000000 \
		forge:backup:8:00000200 forge:backup:100:01
	# Of the target's entry: type, identifier, first and last sector, flags, name. Then the other one, an unused one.
	breach forge:entry:0:00 forge:entry:0:00000000000000000000000000000000 forge:entry:16:00 \
		forge:entry:32:0148000000000000 forge:entry:32:0008000000000000 forge:entry:40:d81f030000000000 \
		forge:entry:40:d61f030000000000 forge:entry:40:de1f030000000000 forge:entry:40:ffff000000000000 \
		forge:entry:48:04 forge:entry:56:58 forge:array:1824:0108000000000000 forge:array:1832:0048000000000000 \
		forge:array:128:01 forge:array:16383:01
	# The first sector: boot code, flag, CHS, type, start, size; another entry.
	breach forge:mbr:0:eb forge:mbr:446:80 forge:mbr:447:01 forge:mbr:450:83 forge:mbr:451:fe forge:mbr:454:02 \
		forge:mbr:458:ffffffff forge:mbr:458:fe1f0300 forge:mbr:466:83 forge:mbr:510:00
}

# Either everything of the table changed or nothing; and a disk that grew has a new table.
parts() {
	breach partly: partly:mbr partly:primary partly:entries partly:tail partly:primary,entries,tail \
		partly:mbr,entries,tail partly:mbr,primary,tail partly:mbr,primary,entries partly:mbr,primary
}

# Two copies that are whole and contradict each other; a damaged one.
copies() {
	fresh
	gpt_disk raw disk
	"$images/poke" disk $((64 * 1048576 - 512 + 60)) 00
	grow_disk --json disk 100M
	is "a damaged backup is written anew" "$status $(table_of raw disk)" "0 $grown"
	gpt_disk raw disk
	sgdisk -u 1:R disk >/dev/null
	dd if=disk of=backup bs=512 skip=$((131072 - 33)) count=33 status=none
	gpt_disk raw disk
	dd if=backup of=disk bs=512 seek=$((131072 - 33)) conv=notrunc status=none
	rm backup
	before=$(picture)
	grow_disk --json disk 100M
	is "copies that contradict each other: no write set" "$status $(field reason) $(picture)" "70 fence-breach $before"
}

# A later run finishes a commit; the first sector is the same before and after.
make_disk() {
	gpt_disk "$1" "$2"
	[ "$1" = qcow2 ] || "$images/poke" "$2" 458 ffffffff
}
pending() {
	for state in verified committing; do
		for format in raw qcow2; do
			fresh
			make_pending "$state" "$format"
			grow_disk --json --recover disk
			is "$state, $format: finished" "$status $(field recovered)" "0 true"
			qemu-img convert -f "$format" -O raw disk "$scratch/table.raw"
			is "$state, $format: the table" "$(sgdisk -v "$scratch/table.raw" | grep -o 'No problems found')" 'No problems found'
		done
	done
}

run_parts() {
	for part; do "$part"; done
}
run_parts honest tools large_sectors cut_off bytes fields parts copies pending
done_testing
