#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-disk from end to end with a stub for the virtual machine: what is grown,
# what is said, and what is left behind.
# shellcheck disable=SC2016,SC2034,SC2154  # fakes expand it; status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

eight=16777216 # sectors
stages='starting the virtual machine
reading the disk
checking the file system
growing the file system
checking the grown file system
reading the result back
comparing the log with the image
committing'

grows() {
	for format in raw qcow2; do
		fresh
		make_disk "$format" disk
		chmod 640 disk
		setfattr -n user.note -v kept disk 2>/dev/null
		inode=$(stat -c '%i %a %u' disk)
		grow_disk disk 8G
		is "$format: status" "$status" 0
		is "$format: the partition fills the disk" "$(table_end "$format" disk)" "$eight"
		is "$format: inode, mode and owner stay" "$(stat -c '%i %a %u' disk)" "$inode"
		is "$format: attributes stay" "$(getfattr --only-values -n user.note disk 2>/dev/null)" kept
		is "$format: four lines" "$(wc -l <"$scratch/out")" 4
		is "$format: the stages on standard error" "$err" "$stages"
		is "$format: no file left" "$(ls -A)$(ls -A "$TMPDIR")" disk
		qemu-img convert -f "$format" -O raw disk new.raw
		is "$format: all before the partition is as it was" "$(head -c 17301504 new.raw | cmp -l - "$scratch/made/raw" 2>/dev/null | wc -l)" 2
		rm -f new.raw
		STUB=nothing grow_disk --json disk
		is "$format: again: nothing to do" "$status $(field changed)" "0 false"
		grow_disk --json disk +1G
		is "$format: relative size" "$status $(field size_after_bytes)" "0 9663676416"
		is "$format: the fence's receipt" "$(field fence.differing_bytes) $(field fence.boot_code_sha256_before)" "0 $(field fence.boot_code_sha256_after)"
		grow_disk --quiet disk 9.5G
		is "$format: --quiet is quiet" "$status$out$err" 0
	done
}

plans() {
	fresh
	make_disk qcow2 disk
	before=$(picture)
	grow_disk --plan disk 8G
	is "plan: status" "$status" 0
	has "plan: says so" "$out" "nothing has been changed"
	grow_disk --plan --json disk 8G
	is "plan: the result" "$(field action partition.sectors_after largest.reason)" "plan $((eight - 33792)) mbr-2tib"
	is "plan: nothing changed" "$(picture)" "$before"
	is "plan: no file left" "$(ls -A "$TMPDIR")" ""
}

# Names that mean something to QEMU, to the shell, or to a terminal.
names() {
	# shellcheck disable=SC2016  # that it is not expanded is the point
	for format in raw qcow2; do
		for name in 'with space' 'a,b=c' 'nbd:x' 'file:x' 'json:{}' '-dash' '--' '$(touch hit)' '*' '%s%d' 'ünï' "new${newline}line${newline}" \
			"$(printf 'latin\374')" "$(printf 'bell\033[2J')" '"quoted"' "it's" 'back\slash' '~' '#hash' 'fat:rw'; do
			in_turn 4 || continue
			fresh
			mkdir -- "./$name"
			cd -- "./$name" || exit 1
			make_disk "$format" "./$name"
			grow_disk --json -- "$name" 8G
			is "$format $(printf '%s' "$name" | tr -c '[:print:]' '?'): grown" "$status $(table_end "$format" "$PWD/$name")" "0 $eight"
			is "and alone" "$(find "$scratch/disks" | wc -c)" "$(find "$scratch/disks/$name" | wc -c | awk -v n="${#scratch}" '{ print $1 + n + 7 }')"
			grow_disk --plan "$PWD/$name" 9G
			is "and planned, by its whole path" "$status" 0
			case $out in
			*"$(printf '\033')"*) is "and no escape reaches the terminal" yes no ;;
			esac
		done
	done
	fresh
	make_disk qcow2 disk
	mkdir links
	ln -s ../disk links/link
	ln -s "$grow_disk" links/grow
	(cd links && exec ./grow link 8G) >/dev/null 2>&1
	is "through links: grown" "$? $(table_end qcow2 disk) $(find . | wc -l)" "0 $eight 5"
}

# One byte anywhere outside of the target.
fences() {
	for at in 0 439 440 446 450 454 462 466 470 478 494 511 512 65535 65536 262144 300000 17301503; do
		in_turn 3 || continue
		fresh
		make_disk qcow2 disk
		before=$(picture)
		STUB=breach:$at grow_disk --json disk 8G
		is "a byte at $at: caught" "$status $(field reason changed fence.differing_bytes)" "70 fence-breach false 1"
		is "a byte at $at: nothing changed" "$(picture)" "$before"
	done
	fresh
	make_disk raw disk
	before=$(picture)
	STUB=breach:300000 grow_disk --json disk 8G
	is "a byte in a raw disk: caught" "$status $(field reason) $(picture)" "70 fence-breach $before"
	grow_disk --json --partition 1 disk 8G
	is "a partition that swallows the next: caught" "$status $(field reason changed) $(picture)" "70 fence-breach false $before"
	STUB=breach:17301504 grow_disk --json disk 8G
	is "a byte in the target: not outside" "$status" 0
	fresh
	make_disk raw disk
	before=$(picture)
	STUB=liar grow_disk --json disk 8G
	is "other numbers than were told: caught" "$status $(field reason changed) $(picture)" "70 not-verified false $before"
	STUB=nothing grow_disk --json disk 8G
	is "nothing done, but a larger disk: caught" "$status $(field reason) $(picture)" "70 not-verified $before"
}

faults() {
	fresh
	make_disk qcow2 disk
	for fault in fault:fs-limit:10:fs-limit fault:fs-unclean:20:fs-unclean fault:mbr-2tib:10:mbr-2tib silent:70:guest-died; do
		reason=${fault##*:} fault=${fault%:*}
		export STUB="${fault%:*}"
		before=$(picture)
		grow_disk --json disk 8G
		is "$STUB: status and reason" "$status $(field reason changed)" "${fault##*:} $reason false"
		is "$STUB: nothing changed" "$(picture)" "$before"
		unset STUB
	done
	STUB=memory:300 grow_disk --json disk 8G
	is "a check that needs more memory: tried once more" "$status $(field changed) $(table_end qcow2 disk)" "0 true $eight"
	has "and told" "$err" "256 MiB of memory is too little: trying again with"
	before=$(picture)
	STUB=memory:999999 grow_disk --json disk 9G
	is "a check that needs more than there is: refused" "$status $(field reason changed) $(picture)" "10 fs-needs-memory false $before"
	STUB=silent grow_disk --keep-log kept disk 8G
	has "--keep-log: events" "$(cat kept)" '"event":"hello"'
	has "--keep-log: console" "$(cat kept)" 'console of the stub'
	grow_disk --json --keep-log disk disk 8G
	is "--keep-log on the image: refused" "$status $(field reason)" "2 usage"
	qemu-img create -q -f qcow2 -F qcow2 -b disk over
	before=$(picture)
	for option in --keep-log --metrics --events; do
		grow_disk --json --allow-backing "$option" disk over 9G
		is "$option on the backing file: refused" "$status $(field reason) $(picture)" "2 usage $before"
	done
	has "and says so" "$err" "would overwrite disk, which has other contents"
	rm over
}

repairs() {
	for count in 1 7; do
		fresh
		make_disk qcow2 disk
		STUB=repairs:$count grow_disk disk 8G
		is "$count repairs: status, five lines" "$status $(wc -l <"$scratch/out")" "0 5"
		case $count in
		1) has "1 repair: is named" "$out" "repaired   0x040001 (inode 11)" ;;
		*) has "$count repairs: the first are named" "$out" "0x040004 (inode 14), and 3 more" ;;
		esac
	done
	make_disk qcow2 disk
	STUB=repairs:1 grow_disk --json disk 8G
	is "1 repair: in the result" "$(field 'filesystem.repairs')" '[{"moment":"before","problem":"0x040001","inode":11}]'
}

# Images with something in them besides the disk.
contents() {
	fresh
	make_disk qcow2 disk
	qemu-img snapshot -c one disk
	grow_disk disk 8G
	is "snapshot in version 3: grown" "$status" 0
	is "snapshot in version 3: sound" "$(qemu-img check -q disk >/dev/null 2>&1; echo $?)" 0
	qemu-img snapshot -a one disk
	is "snapshot in version 3: goes back" "$(qemu-img compare -q disk "$scratch/made/raw"; echo $?)" 0
	fresh
	make_disk qcow2 base
	qemu-img bitmap --add base b0
	grow_disk base 8G
	is "bitmap: stays" "$status $(qemu-img info --output=json base | jq -r '."format-specific".data.bitmaps[].name')" "0 b0"
	fresh
	make_disk qcow2 base
	qemu-img create -q -f qcow2 -F qcow2 -b base over
	sum=$(image_sum base)
	grow_disk --plan --allow-backing over 8G
	is "backing file: planned" "$status" 0
	grow_disk --allow-backing over 8G
	is "backing file: read, not changed" "$status $(table_end qcow2 over) $(image_sum base)" "0 $eight $sum"
	fresh
	qemu-img convert -f raw -O qcow2 -o data_file=data,data_file_raw=on "$scratch/made/raw" disk
	grow_disk --allow-backing disk 8G
	is "data file: grown" "$status $(table_end qcow2 disk)" "0 $eight"
	fresh
	for options in compat=0.10 cluster_size=512 cluster_size=2M extended_l2=on compression_type=zstd lazy_refcounts=on refcount_bits=1; do
		in_turn 2 || continue
		qemu-img convert -f raw -O qcow2 -o "$options" "$scratch/made/raw" disk
		grow_disk disk 8G
		is "$options: grown" "$status $(table_end qcow2 disk)" "0 $eight"
	done
	fresh
	make_disk raw disk
	printf x >>disk
	grow_disk disk 8G
	is "raw of an odd size: grown" "$status $(table_end raw disk)" "0 $eight"
}

# On a terminal the stages are one line, which goes in the end.
terminal() {
	need "on a terminal" script || return 0
	fresh
	make_disk qcow2 disk
	script -qec "'$grow_disk' disk 8G" /dev/null >"$scratch/out" </dev/null
	is "on a terminal: status" "$?" 0
	is "on a terminal: one line, rewritten" "$(tr '\r\033' '\n!' <"$scratch/out" | sed -n 's/ [0-9]* %//; s/^!\[K//; /^com[a-z ]*![[]K$/p' | uniq)" "comparing the log with the image![K
committing![K"
	is "on a terminal: the verdict is left" "$(tr -d '\r' <"$scratch/out" | grep -c '^done  ')" 1
}

main() {
	make_disk raw warm
	grows
	plans
	names
	fences
	faults
	repairs
	terminal
	contents
}

fresh
main
done_testing
