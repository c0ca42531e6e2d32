# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Grows of random disks: layouts, file systems, features, journals, damage, formats, sizes. The oracle is native tools:
# resize2fs on a copy says how many blocks there have to be, the judge compares all the rest. A refusal passes only if a
# native tool refuses as well. To be sourced by a test with $tests and $half (0 or 1) set. COUNT: how many, both halves
# together; SEED: the first one's seed, the next has the next one: SEED=N COUNT=2 makes number N again.
# shellcheck disable=SC2034,SC2154  # of tap.sh and faults.sh

tap_place=memory format=raw limit_s=900 accel=tcg
judge_options=--quick # the number of blocks is compared here
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=faults.sh
. "$tests/faults/faults.sh"

soak_count=${COUNT:-200}
made=0 grown=0 nothing=0 refused=0 unmade=0 repaired_all=0
export RESIZE2FS_FORCE_LAZY_ITABLE_INIT=1

# A disk as lines of shell assignments: partitions in the order of the disk, the last one is the target.
describe() {
	awk -v seed="$1" '
		function upto(n) { return int(rand() * n) }
		function one(words, list) { return list[1 + upto(split(words, list, ","))] }
		function maybe(percent, text) { return upto(100) < percent ? text : "" }
		function features(type) {
			if (type == "ext2") return one("^dir_index,dir_index") "," one("resize_inode,^resize_inode,resize_inode") maybe(20, ",^sparse_super,^resize_inode") maybe(10, ",^filetype") maybe(10, ",^large_file")
			if (type == "ext3") return one("^dir_index,dir_index") "," one("resize_inode,^resize_inode,resize_inode") maybe(20, ",^sparse_super,^resize_inode") maybe(20, ",extent") maybe(10, ",flex_bg")
			return one("64bit,^64bit") "," one("metadata_csum,metadata_csum metadata_csum_seed,^metadata_csum,^metadata_csum,uninit_bg") "," one("flex_bg,flex_bg,^flex_bg") "," one("resize_inode,resize_inode,^resize_inode,^resize_inode") maybe(10, ",meta_bg,^resize_inode") \
				maybe(30, ",orphan_file") maybe(15, ",^has_journal") maybe(6, ",bigalloc") maybe(6, ",sparse_super2") maybe(15, ",inline_data") maybe(10, ",ea_inode") maybe(10, ",large_dir") \
				maybe(8, ",quota") maybe(5, ",quota,project") maybe(5, ",casefold") maybe(5, ",encrypt") maybe(5, ",verity") maybe(5, ",stable_inodes") maybe(8, ",^extent") maybe(5, ",^dir_index") maybe(5, ",^huge_file")
		}
		function options(type, block, list) {
			block = one("1024,1024,2048,4096,4096,4096")
			list = features(type)
			gsub(/ /, ",", list)
			return "-b " block " -O " list " -I " one("128,256,256,256,512,1024") " -m " upto(8) maybe(30, " -L label" seed) maybe(20, " -i " one("4096,8192,65536")) \
				maybe(15, " -g " 8 * one("128,256,1024")) maybe(15, " -E " one("stride=16,packed_meta_blocks=1,lazy_itable_init=1"))
		}
		function qcow2( cluster, how) {
			cluster = one("512,4k,16k,64k,64k,64k,256k,2M")
			how = "-o cluster_size=" cluster
			if (upto(5) == 0) return how ",compat=0.10"
			if (cluster ~ /16k|64k|256k|2M/ && upto(4) == 0) how = how ",extended_l2=on"
			return how maybe(15, ",lazy_refcounts=on") maybe(10, ",refcount_bits=" one("1,8,64")) maybe(10, ",preallocation=metadata")
		}
		# The last one is no ESP behind a root, which is refused.
		function kind(table, types, boot, last) {
			if (table == "gpt") return one(last ? "L,EBD0A0A2-B9E5-4433-87C0-68B6B72699C7" : "L,L,U,21686148-6449-6E6F-744E-656564454649") " " one("-,-,name" upto(100)) " -"
			return one(types) " " (boot ? "boot" : "-")
		}
		BEGIN {
			srand(seed * 7919 % 1000003)
			for (i = 0; i < 50; i++) rand() # near seeds begin alike
			table = one("mbr,mbr,gpt")
			print "table " table
			count = 1 + upto(4)
			split("1 2 3 4", number, " ")
			for (i = 4; i > 1; i--) { j = 1 + upto(i); t = number[i]; number[i] = number[j]; number[j] = t }
			first = table == "gpt" ? 34 : 1
			at = one(first ",63,512,2048,2048,2048,4096," first + upto(9000))
			boot = upto(count + 1)
			for (i = 1; i < count; i++) {
				sectors = 2000 + upto(30000)
				content = one("-,-,ext4,ext2")
				if (content != "-" && sectors < 16384) sectors += 16384
				printf "part %d %d %ds %s %s\n", number[i], at, sectors, kind(table, "83,83,82,c,7,da", i == boot), content
				at += sectors + one("0,0,1,2048," upto(5000))
				if (upto(3) == 0) at = int((at + 2047) / 2048) * 2048
			}
			type = one("ext2,ext3,ext4,ext4,ext4,ext4")
			sectors = 16384 + upto(120000)
			printf "part %d %d %ds %s %s\n", number[i], at, sectors, kind(table, "83,83,83,83,c,fd", i == boot, 1), type
			print "type " type
			print "options " options(type)
			print "target " number[i]
			print "start " at
			disk = at + sectors + one("0,0,1,7,63,2048," upto(20000)) + (table == "gpt" ? 33 : 0)
			print "sectors " disk
			print "state " one("clean,clean,clean,clean,journal,journal,damage")
			to = one("0,1,8,16384," upto(100000) "," upto(100000) "," upto(4000000) "," upto(4000000) "," upto(20000000) "," upto(130000000))
			if (upto(20) == 0 && table == "mbr") to = one("4300000000,5000000000") # more than the table can say
			how = qcow2()
			if (how ~ /=512|=4k/ && to < 4000000000) to = int(to / 16) # clusters that small take their time
			print "qcow2 " how
			print "after " (to > 4000000000 ? to : disk + to)
			print "no_size " (upto(12) == 0)
		}'
}

# The raw disk, with what is wrong with its file system; then in its format.
make_disk() {
	set -- "$work/disk.raw" "${sectors}s"
	while read -r word rest; do
		[ "$word" = part ] || continue
		# shellcheck disable=SC2086  # words of the description
		set -- "$@" part $rest
		[ "${rest%% *}" != "$target" ] || set -- "$@" "$options"
	done <"$work/description"
	rm -f -- "$work/disk.raw" "$work/sample"
	"$images/$table-disk" "$@" >"$work/said" 2>&1 || return 1
	fs="$work/disk.raw?offset=$((start * 512))"
	case $state in
	journal) make_journal ;;
	damage) debugfs -w -R 'unlink /etc/shadow' "$fs" ;;
	esac >"$work/said" 2>&1
	if [ "$format" = raw ]; then
		mv -- "$work/disk.raw" "$work/sample"
	else
		# shellcheck disable=SC2086  # options are words
		qemu-img convert -f raw -O qcow2 $qcow2 "$work/disk.raw" "$work/sample" 2>"$work/said"
	fi
}

# A committed transaction that never reached its place.
make_journal() {
	block=$(debugfs -R 'blocks /lib/library' "$fs" 2>/dev/null | tr ' ' '\n' | head -n 1)
	[ -n "$block" ] || return 0
	yes 'written through the journal' | head -c "$(block_bytes_of "$fs")" >"$work/new"
	printf 'jo\njw -b %s %s\njc\n' "$block" "$work/new" | debugfs -w -f - "$fs"
}

# Where the room of the last partition ends: with a GPT before the backup table, at a multiple of 4 KiB from its
# start, but where it ended it may stay.
end_of_room() {
	if [ "$table" = gpt ]; then
		room=$(((after - 33 - start) / 8 * 8 + start)) ended=$(sed -n "s/^part $target $start \([0-9]*\)s.*/\1/p" "$work/description")
		[ "$room" -ge $((start + ended)) ] || room=$((start + ended))
		echo "$room"
	else
		echo "$after"
	fi
}

# The facts, and what native tools make of the same file system: $native_blocks, $native_clean.
ask_native() {
	repair=p
	rm -rf -- "$work/facts"
	"$judge" before "$work/sample" "$target" "$work/facts" --repaired p >"$work/said" 2>&1 || {
		repair=y
		rm -rf -- "$work/facts"
		"$judge" before "$work/sample" "$target" "$work/facts" --repaired y >"$work/said" 2>&1 || return 1
	}
	partition_sectors=$(end_of_room) partition_sectors=$((partition_sectors - start))
	[ "$partition_sectors" -le 4294967295 ] || partition_sectors=4294967295
	force='' native_clean=no native_blocks=none
	case $options in
	*bigalloc*) force=-f ;;
	esac
	cp --sparse=always -- "$work/facts/fs" "$work/native"
	truncate -s $((partition_sectors * 512)) "$work/native" || return 0
	# With a size: without one it leaves what is less than a page of memory.
	if resize2fs $force "$work/native" $((partition_sectors * 512 / $(block_bytes_of "$work/native"))) >"$work/resize2fs" 2>&1; then
		native_blocks=$(blocks_of "$work/native")
		! e2fsck -fn "$work/native" >"$work/e2fsck" 2>&1 || native_clean=yes
	fi
	rm -f -- "$work/native"
}

block_bytes_of() {
	dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block size: *//p'
}

blocks_of() {
	dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block count: *//p'
}

# A refusal: the image is what it was, and native tools see a reason too.
check_refused() {
	is_old || complain "refused, and the image is not the old one"
	[ "$(names)" = disk.img ] || complain "there are: $(names)"
	case $status:$reason in
	10:mbr-2tib) [ "$after" -ge 4294967296 ] ;;
	10:image-limit) ! qemu-img resize -q -f "$format" "$image" $((after * 512)) ;;
	10:fs-feature | 10:fs-resize-failed) [ "$native_clean" = no ] ;;
	10:fs-limit) [ "$native_blocks" = none ] || [ "$after" -ge 4294967296 ] ;; # more than the table could say, too
	*) false ;;
	esac 2>"$work/said" || complain "status $status, and native tools do not refuse (blocks $native_blocks, clean $native_clean): $(tail -n 1 "$work/stderr")"
}

check_grown() {
	told=$(jq -r '.filesystem.blocks_after' "$work/result")
	[ "$native_blocks" = none ] || [ "$told" = "$native_blocks" ] || complain "$told blocks, and native resize2fs makes $native_blocks"
	check_end "$((after * 512))"
	[ -z "$(ls -A "$tmp")" ] || complain "left in TMPDIR: $(ls -A "$tmp")"
}

# grow OPTION...
grow() {
	if [ "$no_size" = 1 ]; then
		run "$@" "$image"
	else
		run "$@" "$image" $((after * 512))
	fi
}

# Damage is refused first, and only if e2fsck -p refuses as well.
grow_patiently() {
	grow
	[ "$status $reason" = '20 fs-unclean' ] || return 0
	[ "$repair" = y ] || complain "fs-unclean, and e2fsck -p repairs it"
	is_old || complain "fs-unclean, and the image is not the old one"
	repaired_all=$((repaired_all + 1))
	grow --repair=all
}

# one_grow SEED
one_grow() {
	: >"$work/complaints"
	describe "$1" >"$work/description"
	while read -r word rest; do
		case $word in
		table | type | options | target | start | sectors | qcow2 | state | after | no_size) eval "$word=\$rest" ;;
		esac
	done <"$work/description"
	[ "$no_size" = 0 ] || after=$sectors
	make_disk || return 1
	ask_native || return 1
	sample_sum=$(image_sum "$work/sample") sample_bytes=$(stat -c %s -- "$work/sample")
	fresh
	grow_patiently
	case $status:$(jq -r .changed "$work/result") in
	0:true) grown=$((grown + 1)) && check_grown ;;
	0:false) nothing=$((nothing + 1)) && check_nothing ;;
	*) refused=$((refused + 1)) && check_refused ;;
	esac
}

# Nothing to do: native resize2fs has nothing to do either.
check_nothing() {
	is_old || complain "nothing to do, and the image is not the old one"
	[ "$(names)" = disk.img ] || complain "there are: $(names)"
	[ "$native_blocks" = "$(blocks_of "$work/facts/fs")" ] || complain "nothing to do, and native resize2fs makes $native_blocks blocks of $(blocks_of "$work/facts/fs")"
}

nobody
number=$half
wanted=$(((soak_count + 1 - half) / 2))
while [ "$made" -lt "$wanted" ] && [ "$number" -lt $((soak_count * 3)) ]; do
	number_seed=$((seed + number)) number=$((number + 2))
	case $((number_seed % 2)) in
	0) format=qcow2 ;;
	*) format=raw ;;
	esac
	case $((number_seed / 2 % 2)) in
	0) accel=tcg ;;
	*) accel=native ;;
	esac
	one_grow "$number_seed" || {
		unmade=$((unmade + 1))
		diag "seed $number_seed: cannot be made: $(tail -n 1 "$work/said")"
		continue
	}
	made=$((made + 1))
	[ ! -s "$work/complaints" ]
	tap_line $? "seed $number_seed: $accel, $format, $table, $(grep -c ^part "$work/description") partitions, $type $options, $state, $sectors to $after sectors: $status $reason"
	[ ! -s "$work/complaints" ] || sed 's/^/#   /' "$work/description" "$work/complaints"
done
is "so many disks were made" "$made" "$wanted"
report "soak, half $half: $made disks (and $unmade that mke2fs cannot make): $grown grown, $nothing with nothing to do, $refused refused with reason, $repaired_all of them with --repair=all; seeds from $seed"
done_testing
