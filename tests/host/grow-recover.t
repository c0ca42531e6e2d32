#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What an earlier run left: a log that is finished first, or thrown away, or
# refused; with a stub for the virtual machine.
# shellcheck disable=SC2016,SC2034,SC2154  # fakes expand it; status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

eight=16777216 # sectors
gib=1073741824

# A commit that failed, and what the next run makes of it.
unfinished() {
	for format in raw qcow2; do
		fresh
		make_pending committing "$format"
		is "$format: commit fails: status and reason" "$status $(field reason changed)" "30 commit-unfinished null"
		has "$format: commit fails: says what to do" "$err" "run grow-disk on this image again"
		is "$format: the image is out of the way" "$(ls -A)" "disk.grow-disk.committing
disk.grow-disk.image
disk.grow-disk.log"
		before=$(picture)
		grow_disk --plan --json disk 9G
		is "$format: a plan tells of it" "$status $(field pending.state pending.size_after_bytes)" "0 committing $((8 * gib))"
		is "$format: and changes nothing" "$(picture)" "$before"
		refused commit-begun 20 "$format: it cannot be discarded any more" --discard disk
		inode=$(stat -c '%i %a %u' disk.grow-disk.image)
		grow_disk --json --recover disk
		is "$format: --recover finishes it" "$status $(field action changed recovered size_before_bytes size_after_bytes) $(ls -A)" \
			"0 recover true true 126877696 $((8 * gib)) disk"
		is "$format: and it is the grown disk" "$(table_end "$format" disk) $(stat -c '%i %a %u' disk)" "$eight $inode"
		grow_disk --recover disk
		is "$format: --recover again: nothing to do" "$status $out" "0 done         nothing to do: no earlier run left a complete log"
		grow_disk --json --discard disk
		is "$format: --discard: nothing to do" "$status $(field changed discarded) $(ls -A)" "0 false false disk"
		make_pending committing "$format"
		grow_disk --json disk 9G
		is "$format: another size: finished first, then grown" "$status $(field recovered size_before_bytes size_after_bytes) $(ls -A)" \
			"0 true $((8 * gib)) $((9 * gib)) disk"
		make_pending committing "$format"
		mv disk.grow-disk.image disk
		grow_disk disk 9G
		is "$format: finished also when the image was put back" "$status $(ls -A)" "0 disk"
	done
}

verified() {
	for format in raw qcow2; do
		fresh
		make_pending verified "$format"
		image=$(image_sum disk)
		grow_disk --plan --json disk
		is "$format: verified: a plan tells of it" "$status $(field pending.state changed)" "0 verified true"
		cp -a disk.grow-disk.verified disk.grow-disk.log "$scratch"
		grow_disk --json --discard disk
		is "$format: verified: --discard" "$status $(field changed discarded) $(ls -A) $(image_sum disk)" "0 false true disk $image"
		cp -a "$scratch/disk.grow-disk.verified" "$scratch/disk.grow-disk.log" .
		grow_disk --json disk 9G
		is "$format: verified: committed first" "$status $(field recovered) $(ls -A)" "0 true disk"
		make_pending verified "$format"
		mv disk.grow-disk.verified disk.grow-disk.committed
		grow_disk --json --recover disk
		is "$format: committed: only tidied up" "$status $(field recovered) $(ls -A) $(image_sum disk)" "0 true disk $image"
	done
}

# Somebody else was at the image, the log, or the ticket in between.
stale() {
	fresh
	make_pending verified raw
	touch disk
	refused log-stale 20 "verified: the time has changed" --recover disk
	refused log-stale 20 "verified: the time has changed, and a plan" disk 9G
	time=$(jq -r .image_time disk.grow-disk.verified)
	touch -d "$time" disk
	printf x | dd of=disk bs=1 seek=17302600 conv=notrunc status=none
	touch -d "$time" disk
	refused log-stale 20 "verified: the superblock has changed, but no time" --recover disk
	fresh
	make_pending verified raw
	time=$(jq -r .image_time disk.grow-disk.verified)
	printf x | dd of=disk bs=1 conv=notrunc status=none
	touch -d "$time" disk
	refused log-stale 20 "verified: the first sector has changed, but no time" --recover disk
	fresh
	make_pending verified raw
	time=$(jq -r .image_time disk.grow-disk.verified)
	printf x >>disk
	touch -d "$time" disk
	refused log-stale 20 "verified: the length has changed" --recover disk
	grow_disk --discard disk
	is "and the log can be discarded" "$status $(ls -A)" "0 disk"
	fresh
	make_pending committing raw
	touch disk.grow-disk.image
	refused log-stale 20 "committing: the time has changed since" --recover disk
	touch -r disk.grow-disk.committing disk.grow-disk.image
	printf x | dd of=disk.grow-disk.image bs=1 seek=17302600 conv=notrunc status=none
	touch -d 1970-01-01T00:00:00Z disk.grow-disk.committing
	refused log-stale 20 "committing, killed: the superblock is neither old nor new" --recover disk
	make_disk raw disk
	refused log-stale 20 "committing: a backup was restored beside it" --recover disk
	rm disk disk.grow-disk.committing
	refused log-foreign 20 "the image in the middle of a commit, and no ticket" --recover disk
}

foreign() {
	for change in 'echo x >disk.grow-disk.verified' ': >disk.grow-disk.verified' 'ln -sf other disk.grow-disk.verified' 'rm disk.grow-disk.log' \
		'printf x >>disk.grow-disk.log' 'ln -sf other disk.grow-disk.log' 'mkfifo pipe; mv -f pipe disk.grow-disk.log' \
		'qemu-img create -q -f qcow2 -F qcow2 -b ./other disk.grow-disk.log 8G'; do
		fresh
		make_pending verified qcow2
		make_disk qcow2 other
		sh -c "$change"
		# A pipe cannot be looked at like a file.
		case $change in
		*pipe*)
			grow_disk --json disk 9G
			is "$change" "$status $(field reason)" "20 log-foreign"
			;;
		*) refused log-foreign 20 "$change" disk 9G ;;
		esac
	done
	if can_be_root; then
		fresh
		make_pending verified qcow2
		chmod 1777 .
		chmod 644 disk.grow-disk.verified
		as_root chown 12345 disk.grow-disk.verified
		refused log-foreign 20 "a ticket of somebody else, where everybody may make files" disk 9G
		chmod 755 .
		grow_disk disk 9G
		is "a ticket of somebody else, where only the owner may" "$status $(ls -A)" "0 disk"
	else
		skip "a ticket of somebody else" "only root can give files away"
	fi
	# What a ticket says is not believed before it makes sense.
	for change in '.format = "raw,backing.size=512"' '.superblock_offset_bytes = "a[$(touch hit)]"' '.log_sha256 = ""' '.size_after_bytes = -1' \
		'.image_bytes = 1e300' '.log_folder = "/a\nb"' '.sector_sha256 += [.sector_sha256[0]]' 'del(.complete)' '.schema = 2'; do
		fresh
		make_pending verified qcow2
		jq "$change" disk.grow-disk.verified >changed
		mv changed disk.grow-disk.verified
		refused log-foreign 20 "a ticket with $change" --recover disk
	done
	fresh
	make_disk qcow2 disk
	make_disk qcow2 other
	sum=$(sha256sum other)
	ln -s other disk.grow-disk.log
	grow_disk disk 2G
	is "a link where the log should be" "$status $(sha256sum other) $(find . -type f | wc -l)" "0 $sum 2"
	printf 'half a log' >disk.grow-disk.log
	grow_disk disk 3G
	is "half a log is thrown away" "$status $(find . -type f | wc -l)" "0 2"
}

# What came with a ticket is no more trusted than without: the commit would go
# to the data file, and the backing file would be read.
others() {
	fresh
	mkdir elsewhere
	printf 'mine\n' >elsewhere/victim
	make_pending committing qcow2
	qemu-img create -q -f qcow2 -o data_file=elsewhere/victim,data_file_raw=off disk.grow-disk.image 8G 2>/dev/null
	printf 'mine\n' >elsewhere/victim
	refused image-data-file 10 "a data file in an image with a ticket" --recover disk
	is "and it is as it was" "$(cat elsewhere/victim)" mine
	fresh
	make_disk qcow2 base
	make_pending committing qcow2
	qemu-img create -q -f qcow2 -F qcow2 -b "$PWD/base" disk.grow-disk.image
	refused image-backing-file 10 "a backing file in an image with a ticket" --recover disk
}

# The image is changed while its log is made: nothing of the log is kept. (The machine
# itself could not do that: it is confined.)
meanwhile() {
	for how in 'printf x | dd of=disk bs=1 seek=300000 conv=notrunc status=none' 'cp disk new; mv new disk' 'touch disk'; do
		fresh
		make_disk raw disk
		# The daemon that reads the image waits: it may open nothing, but see what there is.
		fake qemu-storage-daemon <<-EOF
			while [ ! -e "$scratch/go" ]; do sleep 0.1; done
		EOF
		with_fakes begin_disk --json disk 8G
		until [ -n "$(processes_with "$scratch/fake/qemu-storage-daemon")" ]; do sleep 0.1; done
		sh -c "$how"
		: >"$scratch/go"
		wait "$process"
		is "meanwhile $how: status and reason" "$? $(field reason changed)" "30 image-locked false"
		is "meanwhile $how: no log is left" "$(ls -A)" disk
		rm -r "$scratch/fake" "$scratch/go"
	done
}

# Whatever an interrupted run was like, the next one can be somewhere else.
elsewhere() {
	fresh
	make_pending verified qcow2
	TZ=Asia/Tokyo grow_disk --recover disk
	is "in another time zone" "$status $(ls -A)" "0 disk"
	fresh
	mkdir here work
	cd here || exit 1
	make_pending committing qcow2 --work-dir ../work
	cd ..
	mv here there
	grow_disk --recover there/disk
	is "with --work-dir, and the folder renamed" "$status $(find . -type f)" "0 ./there/disk"
	refused image-not-found 10 "nothing there" here/disk
	mkdir a b work2
	(cd a && make_pending committing qcow2 --work-dir ../work2)
	make_disk qcow2 b/disk
	grow_disk --work-dir work2 b/disk 8G
	(cd a && "$grow_disk" -q --recover disk)
	is "one --work-dir for two" "$status $? $(find a b work2 -type f | sort | tr '\n' ' ')" "0 0 a/disk b/disk "
	fresh
	make_pending committing qcow2
	refused commit-begun 20 "the image that is in the middle of a commit" disk.grow-disk.image 9G
	refused image-not-a-file 10 "its log" disk.grow-disk.log 9G
	grow_disk --keep-log disk disk 9G
	is "--keep-log on an image that is not at its name" "$status $(table_end qcow2 disk)" "0 $((9 * 2097152))"
	fresh
	make_pending verified qcow2
	mv disk disk.grow-disk.image
	image=$(cksum <disk.grow-disk.image)
	grow_disk --json --discard disk
	is "--discard puts the image back" "$status $(ls -A) $(cksum <disk)" "0 disk $image"
	make_disk qcow2 "$(printf %0240d 0)"
	refused folder-not-writable 40 "a name that is too long for the names beside it" "$(printf %0240d 0)" 8G
	mkdir "new
line"
	refused usage 2 "a --work-dir with a newline" --work-dir "new
line" disk 8G
}

# QEMU makes no image larger that has a bitmap in use (of a program that was
# killed); of a commit that was killed, it goes.
bitmaps() {
	for found in preflight recovery; do
		fresh
		[ "$found" = preflight ] || make_pending committing qcow2
		[ "$found" = recovery ] || make_disk qcow2 disk
		file=$(find . -name disk -o -name '*.image')
		qemu-img bitmap --add "$file" open
		set_in_use "$file"
		case $found in
		preflight)
			refused image-dirty 20 "a bitmap in use" disk 8G
			has "and how to remove it" "$err" "qemu-img bitmap --remove"
			;;
		recovery)
			touch -r "$file" disk.grow-disk.committing
			grow_disk --recover disk
			is "a bitmap in use does not keep a commit from its end" "$status $(table_end qcow2 disk) $(ls -A)" "0 $eight disk"
			;;
		esac
	done
}

# set_in_use IMAGE: a virtual machine that has the bitmap is killed.
set_in_use() {
	qemu-system-x86_64 -nodefaults -S -display none -machine pc,accel=tcg \
		-blockdev "driver=qcow2,node-name=a,file.driver=file,file.filename=$1" \
		-device virtio-blk-pci,drive=a -pidfile "$scratch/pid" -daemonize 2>/dev/null
	killed=$(cat "$scratch/pid")
	kill -KILL "$killed"
	while kill -0 "$killed" 2>/dev/null; do sleep 0.05; done
	rm -f "$scratch/pid"
	is "the bitmap is in use" "$(qemu-img info --output=json "$1" | jq -r '."format-specific".data.bitmaps[].flags[]' | grep in-use)" in-use
}

# Logs and tickets that grow-disk 0.1.0 left of a grow from 3 to 6 MiB (its stand-in for the machine wrote
# the table, and bytes 7 and 8 into the partition).
left_by_0_1_0() {
	for state in verified committing; do
		fresh
		tar -xJf "$tests/data/left-by-0.1.0.tar.xz"
		cd "$state" || exit 1
		grow_disk --plan --json disk
		is "0.1.0, $state: a plan tells of it" "$status $(field pending.state pending.size_after_bytes)" "0 $state 6291456"
		grow_disk --json --recover disk
		is "0.1.0, $state: finished" "$status $(field recovered size_before_bytes size_after_bytes) $(ls -A)" "0 true 3145728 6291456 disk"
		is "0.1.0, $state: the grown disk" "$(table_end raw "$PWD/disk") $(od -An -tu1 -j $((2064 * 512 + 4096)) -N 1 disk) $(od -An -tu1 -j 6291455 -N 1 disk)" "12288    7    8"
	done
}

# A disk that failed in the middle of a commit leaves tables in use that are not
# counted, and QEMU would write over them, or refuse to.
uncounted() {
	fresh
	make_pending committing qcow2
	file=disk.grow-disk.image
	l2_table=$(number_at "$(number_at 40)")
	counts=$(number_at "$(number_at 48)")
	printf '\0\0' | dd of="$file" bs=1 seek=$((counts + 2 * (l2_table / 65536))) conv=notrunc status=none
	touch -r "$file" disk.grow-disk.committing
	is "a table that is not counted as used" "$(qemu-img check --output=json "$file" 2>/dev/null | jq '.corruptions > 0')" true
	grow_disk --json --recover disk
	is "it is counted before the commit goes on" "$status $(field changed) $(table_end qcow2 disk) $(ls -A)" "0 true $eight disk"
	ok "and the image has no errors" qemu-img check -q disk
}

# An entry of the first-level table that was written, could not be flushed, was
# taken back in memory, and its cluster used for data: here it is the first one
# that has data.
reused() {
	fresh
	make_pending committing qcow2
	file=disk.grow-disk.image
	qemu-img resize -q "$file" 8G
	cluster=$(qemu-img map --output=json "$file" | jq '[.[] | select(.data)][0].offset')
	perl -e 'print pack "Q>", shift' "$cluster" | dd of="$file" bs=8 seek=$(($(number_at 40) / 8 + 2)) conv=notrunc status=none
	touch -r "$file" disk.grow-disk.committing
	is "a table that holds data" "$(qemu-img check --output=json "$file" 2>/dev/null | jq '.corruptions > 0')" true
	grow_disk --json --recover disk
	is "is none of the image's any more" "$status $(field changed) $(table_end qcow2 disk) $(ls -A)" "0 true $eight disk"
	ok "and the image has no errors" qemu-img check -q disk
	mv disk as-it-became
	make_pending committing qcow2
	grow_disk --recover disk
	ok "and it is as without the fault" qemu-img compare -q disk as-it-became
}

# The table behind the log cannot be read: what is there of it is not put into the image.
table_lost() {
	fresh
	make_pending committing qcow2
	image=$(image_sum disk.grow-disk.image)
	at=$(jq .table_offset_bytes disk.grow-disk.committing)
	# It ends in the middle of an entry, and its checksum is right.
	truncate -s "$((at + 4))" disk.grow-disk.log
	jq --arg sum "$(sha256sum <disk.grow-disk.log | cut -c 1-64)" '.log_sha256 = $sum' disk.grow-disk.committing >"$scratch/ticket"
	touch -r disk.grow-disk.committing "$scratch/ticket"
	mv "$scratch/ticket" disk.grow-disk.committing
	touch -d 1970-01-01T00:00:00Z disk.grow-disk.committing
	grow_disk --json --recover disk
	is "the table of the image cannot be read: unfinished" "$status $(field reason)" "30 commit-unfinished"
	is "and the image is what it was" "$(image_sum disk.grow-disk.image)" "$image"
}

# number_at OFFSET: the 8 bytes there in $file, as a number; the first of them has
# flags, if any.
number_at() {
	echo $((0x$(od -An -v -tx1 -j $(($1 + 1)) -N 7 "$file" | tr -d ' \n')))
}

work_dir() {
	for format in raw qcow2; do
		fresh
		mkdir 'a work,dir'
		make_pending committing "$format" --work-dir 'a work,dir'
		is "$format: the log is in the --work-dir" "$(ls -A)" "a work,dir
disk.grow-disk.committing
disk.grow-disk.image"
		grow_disk --json --recover disk
		is "$format: --recover finds it" "$status $(table_end "$format" disk) $(find . -type f)" "0 $eight ./disk"
		grow_disk --json --work-dir 'a work,dir' disk 9G
		is "$format: --work-dir: grown" "$status $(field size_after_bytes) $(find . -type f)" "0 $((9 * gib)) ./disk"
		make_pending verified "$format" --work-dir 'a work,dir'
		grow_disk --discard disk
		is "$format: --discard finds it" "$status $(find . -type f)" "0 ./disk"
	done
	refused usage 2 "no such --work-dir" --work-dir none disk 8G
}

# Where the image cannot be renamed it is committed where it is, and finished where it is.
no_guard() {
	fresh
	make_disk qcow2 disk
	LD_PRELOAD=$preload GROW_TEST_PRELOAD='rename:.grow-disk.image$:EBUSY'
	export LD_PRELOAD GROW_TEST_PRELOAD
	grow_disk disk 8G
	is "an image that cannot be renamed: grown" "$status $(ls -A)" "0 disk"
	printf '[ "$1" != commit ] || exit 1\n' | fake qemu-img
	with_fakes grow_disk disk 9G
	unset LD_PRELOAD GROW_TEST_PRELOAD
	is "and its commit fails" "$status $(ls -A)" "30 disk
disk.grow-disk.committing
disk.grow-disk.log"
	rm -r "$scratch/fake"
	grow_disk --json --recover disk
	is "and is finished" "$status $(field size_after_bytes) $(ls -A)" "0 $((9 * gib)) disk"
}

main() {
	unfinished
	verified
	stale
	foreign
	others
	meanwhile
	elsewhere
	bitmaps
	left_by_0_1_0
	uncounted
	reused
	table_lost
	work_dir
	no_guard
}

fresh
main
done_testing
