#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A swap partition that makes room, moved by a guest that is played: an honest one, and one that forges each field of the moved
# entry, with all checksums right, or what is at its new place.
# shellcheck disable=SC2154  # status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/..
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

# The root, 32 MiB, and behind it swap, 6 MiB; in a GPT it has the lower number; as the installers of Debian leave it, it is
# alone in an extended partition, which ends with it. On 100 MiB it moves by 59 MiB, with an MBR by 60.
root_lba=2048 from=69632 sectors=12288
swap_disk() { # swap_disk TABLE
	to=190464
	[ "$1" = gpt ] || to=192512
	[ -e "$scratch/made/$1" ] || {
		[ -e "$scratch/made/swap" ] || {
			truncate -s 6M "$scratch/made/swap"
			mkswap -L pages "$scratch/made/swap" >/dev/null 2>&1
		}
		case $1 in
		gpt) "$images/gpt-disk" "$scratch/made/gpt" 64M part 3 $root_lba 32M L / - - part 1 $from 6M S swap - "$scratch/made/swap" ;;
		logical)
			"$images/mbr-disk" "$scratch/made/logical" 64M part 1 $root_lba 32M 83 boot -
			printf '%s,%s,5\n%s,%s,82\n' $((from - 2048)) $((sectors + 2048)) $from $sectors | sfdisk -q --append "$scratch/made/logical"
			dd if="$scratch/made/swap" of="$scratch/made/logical" bs=512 seek=$from conv=notrunc status=none
			;;
		mbr) "$images/mbr-disk" "$scratch/made/mbr" 64M part 1 $root_lba 32M 83 boot - part 2 $from 6M 82 - "$scratch/made/swap" ;;
		esac
	}
	cp "$scratch/made/$1" disk
}

honest() {
	for table in gpt mbr logical; do
		case $table in
		gpt) moves=1 places="[$root_lba,188416],[190464,$sectors]" ;;
		mbr) moves=2 places="[$root_lba,190464],[192512,$sectors]" ;;
		logical) moves=5 places="[$root_lba,188416],[190464,$((sectors + 2048))],[192512,$sectors]" ;;
		esac
		fresh
		swap_disk "$table"
		grow_disk --json --move-swap disk 100M
		is "$table: grown" "$status $(field changed fence.differing_bytes)" "0 true 0"
		is "$table: the result tells it" "$(field moved.partition moved.from_lba moved.to_lba)" "$moves $from $to"
		is "$table: the places" "$(sfdisk --json disk | jq -c '[.partitiontable.partitions[] | [.start, .size]] | sort')" "[$places]"
		is "$table: the swap" "$(blkid -p -O $((to * 512)) -S $((sectors * 512)) -o value -s LABEL disk)" pages
		swap_disk "$table"
		grow_disk --move-swap disk 100M
		has "$table: the text tells it" "$out" "start LBA $from -> $to"
		[ $table != logical ] || continue # this guest cannot grow a logical partition
		fresh
		swap_disk "$table"
		starts=$(sfdisk --json disk | jq -c '[.partitiontable.partitions[].start] | sort')
		grow_disk --json disk 100M
		is "$table: without the option" "$status $(field changed moved) $(sfdisk --json disk | jq -c '[.partitiontable.partitions[].start] | sort')" "0 true null $starts"
	done
}

# breach TABLE STUB...: each is caught.
breach() {
	table=$1
	shift
	for stub; do
		in_turn 4 || continue
		fresh
		swap_disk "$table"
		before=$(picture)
		STUB=$stub grow_disk --json --move-swap disk 100M
		is "$table, $stub: caught" "$status $(field reason changed)" "70 fence-breach false"
		is "$table, $stub: nothing changed" "$(picture)" "$before"
	done
}

gpt_fields() {
	# Type, identifier, first sector (where it was; 8 farther), last, flags, name; then the target's first and last.
	breach gpt unmoved headless forge:array:0:00 forge:array:16:ff forge:array:32:0010010000000000 forge:array:32:08e8020000000000 \
		forge:array:40:0718030000000000 forge:array:40:ffffffff00000000 forge:array:48:01 forge:array:56:58 \
		forge:array:288:0010000000000000 forge:array:296:00e8020000000000
}

mbr_fields() {
	entry=$((446 + 16))
	# Flag, type, each byte of the start and of the size.
	breach mbr unmoved headless breach:$entry breach:$((entry + 4)) breach:$((entry + 8)) breach:$((entry + 9)) breach:$((entry + 11)) \
		breach:$((entry + 12)) breach:$((entry + 13)) breach:$((entry + 15))
}

# Of the container: each byte of its start and size, and of its record, at the new place and at the old.
logical_fields() {
	entry=$((446 + 16)) record=$(((192512 - 2048) * 512))
	breach logical unmoved headless recordless breach:$((entry + 4)) breach:$((entry + 8)) breach:$((entry + 9)) breach:$((entry + 11)) \
		breach:$((entry + 12)) breach:$((entry + 15)) breach:$record breach:$((record + 450)) breach:$((record + 454)) \
		breach:$((record + 458)) breach:$((record + 466)) breach:$((record + 474)) breach:$((record + 511)) breach:$((record + 512))
}

# What is at the new place: the header alone; what is behind it.
place() {
	fresh
	for table in gpt mbr; do
		swap_disk "$table"
		breach "$table" breach:$((to * 512)) breach:$((to * 512 + 1028)) breach:$((to * 512 + 1036)) breach:$((to * 512 + 4095)) \
			breach:$((to * 512 + 4096)) breach:$(((to + sectors) * 512 - 1))
		[ "$table" = mbr ] || breach gpt breach:$(((to + sectors) * 512))
		fresh
		swap_disk "$table"
		STUB=breach:$((from * 512 + 1028)) grow_disk --json --move-swap disk 100M
		is "$table: what it left is the root's" "$status" 0
	done
}

# The host believes no guest: what it does not see as swap does not move.
not_swap() {
	fresh
	swap_disk gpt
	"$images/poke" disk $((from * 512 + 4086)) 533153555350454e4400
	before=$(picture)
	grow_disk --json --move-swap disk 100M
	is "hibernated, and moved by the guest: caught" "$status $(field changed) $(picture)" "70 false $before"
}

run_parts() {
	for part; do "$part"; done
}
run_parts honest gpt_fields mbr_fields logical_fields place not_swap
done_testing
