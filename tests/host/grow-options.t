#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line of grow-disk, and sizes as qemu-img takes them.
# shellcheck disable=SC2034,SC2154  # status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

options() {
	grow_disk --help
	is "--help: status, and nothing on standard error" "$status$err" 0
	has "--help: usage" "$out" "Usage: grow-disk"
	grow_disk --version
	is "--version: as in the Makefile" "$status $out" "0 grow-disk $(sed -n 's/^VERSION := //p' "$source_tree/Makefile")"
	for wrong in "" "--nonsense disk" "disk 8G more" "--partition=0 disk" "--partition=x disk" "--partition" "--repair=some disk" \
		"--partition=LABEL= disk" "--partition=label=x disk" "--partition=PARTUUID disk" \
		"--accel=xen disk" "--format=vmdk disk" "--keep-log= disk" "--json=yes disk"; do
		# shellcheck disable=SC2086  # words
		grow_disk $wrong
		is "'$wrong' is refused" "$status" 2
		has "'$wrong': says where to look" "$err" "--help"
	done
	make_disk qcow2 disk
	for right in "--json disk 1G" "disk --json 1G" "disk 1G --json" "--json --partition 2 disk 1G" "--json --partition=2 disk 1G" \
		"--json --partition / disk 1G" "--json --partition root disk 1G" "--json --partition LABEL=a=b disk 1G" "--json --partition=UUID=x disk 1G" \
		"--json --repair all --accel tcg disk 1G" "--json -q disk 1G" "--json -- disk 1G"; do
		in_turn 3 || continue
		# shellcheck disable=SC2086  # words
		grow_disk --plan $right
		is "'$right' is understood" "$status $(field size_after_bytes)" "0 1073741824"
	done
	grow_disk --json --nonsense disk
	is "a usage fault is JSON too" "$(field reason status)" "usage 2"
	grow_disk --json -- --plan
	is "behind -- there are no options" "$(field reason)" image-not-found
	grow_disk -v --plan disk 1G
	has "--verbose shows commands" "$err" "+ qemu-img "
}

# The guest writes into the partition, or beside it, or to its new room.
partition_only() {
	fresh
	make_disk raw disk.img
	cp disk.img before.img
	grow_disk --json --partition-only disk.img 1G
	is "--partition-only: grown" "$status $(field changed partition.sectors_after fence.differing_bytes)" "0 true 2063360 0"
	is "the file system: its type, and no more" "$(field filesystem.type filesystem.blocks_after filesystem.repairs)" "crypto_LUKS null []"
	ok "what is in the partition is what it was" cmp -i $((33792 * 512)) -n $((212992 * 512)) disk.img before.img
	is "sfdisk: the partition has its size" "$(sfdisk --json disk.img | jq '.partitiontable.partitions[1].size')" 2063360
	cp before.img disk.img
	grow_disk --partition-only disk.img 1G
	has "the lines say what is left to do" "$out" "LUKS, keeps its size; grow it in its system: cryptsetup resize"
	STUB=nothing grow_disk --partition-only disk.img
	has "and that there is nothing to do" "$out" "nothing to do: the partition already fills the disk"
	for at in $((33792 * 512)) $((33792 * 512 + 70000)) $(((33792 + 212992) * 512 - 1)) $(((33792 + 212992) * 512)) 900000000; do
		cp before.img disk.img
		STUB=breach:$at refused fence-breach 70 "--partition-only: a byte at $at" --partition-only disk.img 1G
	done
	"$images/gpt-disk" gpt.img 64M part 1 2048 8M U ESP - - part 2 18432 32M L root - -
	head -c 33554432 /dev/urandom | dd of=gpt.img bs=512 seek=18432 conv=notrunc status=none
	for at in $((18432 * 512)) $(((18432 + 65536) * 512 - 1)) $(((18432 + 65536) * 512)) 100000000; do
		STUB=breach:$at refused fence-breach 70 "--partition-only, GPT: a byte at $at" --partition-only gpt.img 128M
	done
	cp gpt.img before.img
	grow_disk --json --partition-only gpt.img 128M
	is "--partition-only, GPT: grown" "$status $(field changed)" "0 true"
	ok "GPT: what is in the partition is what it was" cmp -i $((18432 * 512)) -n 33554432 gpt.img before.img
	has "GPT: sgdisk finds nothing" "$(sgdisk -v gpt.img)" "No problems found"
}

# The guest takes the last partition, whatever was asked for: the host notices where the table tells it.
another() {
	fresh
	make_disk raw disk.img
	cp disk.img before.img
	for right in 2 PARTUUID=1234abcd-02 PARTUUID=1234ABCD-02 LABEL=rootfs UUID=x root; do
		cp before.img disk.img
		grow_disk --json --partition $right disk.img 1G
		is "--partition $right: grown" "$status $(field changed partition.number)" "0 true 2"
	done
	cp before.img disk.img
	refused not-verified 70 "another PARTUUID" --partition PARTUUID=1234abcd-01 disk.img 1G
	grow_disk --json --plan --partition PARTUUID=1234abcd-01 disk.img 1G
	is "another PARTUUID: a plan notices as well" "$(field reason)" not-verified
	refused fence-breach 70 "a PARTUUID that the table does not have" --partition PARTUUID=1234abcd-03 disk.img 1G
	refused fence-breach 70 "a PARTLABEL, which an MBR does not have" --partition PARTLABEL=root disk.img 1G
	"$images/gpt-disk" gpt.img 64M part 1 2048 8M U ESP - - part 2 18432 32M L root - -
	cp gpt.img before.img
	for right in PARTUUID=9d0b5e5e-0000-4000-9000-000000000002 PARTLABEL=root; do
		cp before.img gpt.img
		grow_disk --json --partition $right gpt.img 128M
		is "GPT, --partition $right: grown" "$status $(field changed partition.number)" "0 true 2"
	done
	cp before.img gpt.img
	refused not-verified 70 "GPT, another PARTUUID" --partition PARTUUID=9d0b5e5e-0000-4000-9000-000000000001 gpt.img 128M
	refused not-verified 70 "GPT, another PARTLABEL" --partition PARTLABEL=ESP gpt.img 128M
}

# What stays free at the end, and the size of the disk as a power of two.
leave() {
	fresh
	make_disk raw disk.img
	"$images/gpt-disk" gpt.img 64M part 1 2048 8M U ESP - - part 2 18432 32M L root - -
	cp disk.img before.img
	cp gpt.img before-gpt.img
	grow_disk --json --leave 100M disk.img 1G
	is "--leave: grown" "$status $(field changed partition.sectors_after)" "0 true $((2097152 - 204800 - 33792))"
	is "--leave: sfdisk says so too" "$(sfdisk --json disk.img | jq '.partitiontable.partitions[1].size')" $((2097152 - 204800 - 33792))
	grow_disk --json --leave 1M --partition-only gpt.img 128M
	is "--leave, GPT: grown" "$status $(field changed partition.sectors_after)" "0 true $(((262144 - 33 - 2048 - 18432) / 8 * 8))"
	has "--leave, GPT: sgdisk finds nothing" "$(sgdisk -v gpt.img)" "No problems found"
	cp before.img disk.img
	cp before-gpt.img gpt.img
	STUB=greedy refused fence-breach 70 "--leave: a guest that takes it all the same" --leave 100M disk.img 1G
	STUB=greedy refused fence-breach 70 "--leave, GPT: a guest that takes it all the same" --leave 1M gpt.img 128M
	refused size-invalid 2 "--leave what is no size" --leave x disk.img 1G
	grow_disk --json --plan --size-power-of-two disk.img
	is "--size-power-of-two without SIZE" "$(field size_after_bytes)" 134217728
	grow_disk --json --plan --size-power-of-two disk.img 3G
	is "--size-power-of-two with SIZE" "$(field size_after_bytes)" 4294967296
	grow_disk --json --plan --size-power-of-two disk.img +903M
	is "--size-power-of-two where it is one" "$(field size_after_bytes)" 1073741824
	truncate -s 128M disk.img
	STUB=nothing grow_disk --json --size-power-of-two disk.img
	is "--size-power-of-two, a second run" "$status $(field changed size_after_bytes)" "0 false 134217728"
}

# Against qemu-img itself.
sizes() {
	for size in 1G 1.5G 0.7T 1t 3000M 1.001k 8589934592 8589934593 00010G 2097152k 1.999999999G 123456789b 1.23456789012345M; do
		in_turn 3 || continue
		qemu-img create -q -f qcow2 oracle "$size"
		grow_disk --json --plan disk "$size"
		wanted=$(qemu-img info --output=json oracle | jq '."virtual-size"')
		[ "$wanted" -ge 126877696 ] || { is "$size is smaller" "$(field reason)" size-smaller; continue; }
		is "$size is what qemu-img makes of it" "$(field size_after_bytes)" "$wanted"
	done
	grow_disk --json --plan disk +1
	is "+1 is rounded up to a sector" "$(field size_after_bytes)" $((126877696 + 512))
	STUB=nothing grow_disk --json --plan disk 126877696
	is "the size it has" "$status $(field size_after_bytes)" "0 126877696"
}

main() {
	options
	sizes
	partition_only
	another
	leave
}

fresh
main
done_testing
