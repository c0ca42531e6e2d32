# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the tests in this folder share: small disks of several layouts, their facts, runs of grow-disk under `strike`, and the
# question that is asked after every fault: is what is left the old image, or the new one? To be sourced behind tap.sh,
# with $format set.
#
# The questions know the image, and three endings of names beside it, which say how far a run had come (see
# docs/architecture.md); all else that lies there has to be gone in the end.
# shellcheck disable=SC2034,SC2154  # of tap.sh; for the tests

export XDG_CACHE_HOME="$work/cache" GROW_DISK_GUEST_DIR="${GROW_DISK_GUEST_DIR:-$build}"
strike=$build/faults/strike
room=$work/room aside=$work/room/aside tmp=$work/tmp
image=$room/disk.img
first_bytes=1073741824  # what the first run asks for
later_bytes=1610612736  # what a later one may ask for
mkdir -p "$aside" "$tmp"

# Every choice comes from the seed. Of the short forms it is always the same, so that make check does the same each time;
# the long ones choose another each time, and tell it, so that it can be given again.
seed=${SEED:-4711}
FILES=${FILES:-0}

# offers OPTION: does this grow-disk have it?
offers() {
	"$grow_disk" --help 2>&1 | grep -q -e "$1"
}

# report TEXT...: a remark, and a line of the report of `make check-faults`
report() {
	diag "$*"
	[ -z "${FAULTS_REPORT:-}" ] || printf '%s\n' "$*" >>"$FAULTS_REPORT"
}

# Set $layout and $accel to those that have the N-th turn, $machine to the program that grows, and $helpers to those beside it.
# Disks with many files (FILES) are all of the first layout, and need two virtual machines.
choose_layout() {
	case $((FILES > 0 ? -1 : $1 % 5)) in
	-1) layout=mbr accel=tcg ;;
	0) layout=mbr accel=native ;;
	1) layout=gpt accel=tcg ;;
	2) layout=gpt-btrfs accel=native ;;
	3) layout=gpt accel=native ;;
	4) layout=gpt-xfs accel=native ;;
	esac
	case $accel:$layout in
	native:gpt-*fs) machine=qemu-system helpers=rescue-native,qemu-storage-daemon ;; # these check, before and after
	native:*) machine=rescue-native helpers=qemu-storage-daemon ;;
	*) machine=qemu-system helpers='' ;;
	esac
}

# Make the disk of $layout in $work/sample; the last partition, $sample_target, is the one to grow. An MBR has two
# partitions of ext4 with blocks of 1 KiB. With FILES the second has so many, each of them empty: from 50,000 on a second
# machine does the check before. A GPT has the numbers and the order of Debian's. Nothing is
# free at the end: a run without a size has nothing to do.
make_disk_of_layout() {
	case $layout in
	mbr)
		sample_target=2 sample_mib=16 sample_options='-b 1024 -L rootfs'
		[ "$FILES" -eq 0 ] || make_many_files
		"$images/mbr-disk" --format "$format" --id 0x4f575254 "$work/sample" "$((33792 + sample_mib * 2048))s" \
			part 1 512 8M 83 boot ext4 '-b 1024 -L kernel' part 2 33792 "${sample_mib}M" 83 - ext4 "$sample_options"
		;;
	*)
		sample_target=1
		case $layout in
		gpt) set -- 24M ext4 '-b 1024 -L rootfs' ;;
		gpt-xfs) set -- 320M xfs '' ;;
		gpt-btrfs) set -- 200M btrfs '' ;;
		esac
		"$images/gpt-disk" --format "$format" "$work/sample" "$((20480 + ${1%M} * 2048 + 33))s" \
			part 14 2048 3M 21686148-6449-6E6F-744E-656564454649 bios - - part 15 8192 4M U esp - - part 1 20480 "$1" L root - "$2" "$3" || return
		[ "$layout" != gpt-btrfs ] || mount_once
		;;
	esac
}

# The first mount of a btrfs sets a mark in the superblock (BIG_METADATA).
mount_once() {
	GROW_DISK_GUEST_DIR=$build "$source_tree/hostscripts/rescue-disk" --quiet --write --yes --accel tcg "$work/sample" -- \
		sh -c "mkdir /mnt/target && mount /dev/sda$sample_target /mnt/target && umount /mnt/target" </dev/null
}

make_many_files() {
	sample_mib=$((FILES / 2048 + 160))
	sample_options="-b 1024 -L rootfs -N $((FILES + 2000)) -d $work/files"
	for folder in $(seq $((FILES / 1000))); do
		mkdir -p "$work/files/$folder" && (cd "$work/files/$folder" && seq -f file-%g 1000 | xargs touch)
	done
}

# The disk of $layout, its facts, its checksum.
make_sample() {
	rm -rf -- "$work/facts"
	make_disk_of_layout &&
		"$judge" before "$work/sample" "$sample_target" "$work/facts" &&
		sample_sum=$(image_sum "$work/sample") &&
		sample_bytes=$(stat -c %s -- "$work/sample")
}

# An empty room with the sample in it; its inode, owner and mode have to stay.
fresh() {
	rm -rf -- "${room:?}"/*
	mkdir -- "$aside"
	cp --sparse=always -- "$work/sample" "$image"
	identity=$(identity_of "$image")
}

identity_of() {
	stat -c '%i %u %g %a %h' -- "$1"
}

# in_room WORD...: the names beside the image, and aside, that end with one of these words
in_room() {
	for ending; do
		find "$room" -type f -name "*$ending" -printf '%f '
	done
}

# How far did the run come, by what lies there?
state() {
	case " $(in_room .committing .verified .committed .working .log)" in
	*'.committed '*) echo committed ;;
	*'.committing '*) echo committing ;;
	*'.verified '*) echo verified ;;
	*'.log '* | *'.working '*) echo working ;;
	*) echo none ;;
	esac
}

# All names in the room, and aside.
names() {
	find "$room" ! -type d -printf '%f\n' | sort | paste -s -d ' ' -
}

# The image, under its name or, as long as there is a ticket, another one.
image_now() {
	if [ -e "$image" ]; then echo "$image"; else find "$room" -name 'disk.img.grow-disk.image'; fi
}

# Of the same length first: a checksum of a grown one takes long.
is_old() {
	[ "$(stat -c %s -- "$(image_now)")" = "$sample_bytes" ] && [ "$(image_sum "$(image_now)")" = "$sample_sum" ]
}

# is_new BYTES
is_new() {
	# shellcheck disable=SC2086  # options are words
	"$judge" after "$image" "$work/facts" --size "$1" ${judge_options:-}
}

complain() {
	printf '%s\n' "$*" >>"$work/complaints"
}

# check_remains first|again: what must hold at any time, whatever was done to the run: complains if not. Until the commit has
# begun, the image is the old one; where no ticket is left it is the old or the new one, whole. `again`: it was not the
# first run that was interrupted, so what was old for that one may be what the first one made.
check_remains() {
	remains=$(state)
	case $(image_now) in
	'') complain "the image is gone; there are: $(names)" && return ;;
	*.image) [ "$remains" != working ] && [ "$remains" != none ] || complain "the image has another name, and there is no ticket" ;;
	esac
	[ "$(identity_of "$(image_now)")" = "$identity" ] || complain "inode, owner, mode or links changed: $(identity_of "$(image_now)"), were $identity"
	case $remains:$1 in
	verified:first) is_old || complain "verified, and the image is not the old one" ;;
	committing:* | committed:*) ;;
	*:first) is_old || is_new "$first_bytes" >"$work/said" || complain "the image is neither old nor new: $(cat "$work/said")" ;;
	*) is_old || is_new "$first_bytes" >/dev/null || is_new "$later_bytes" >"$work/said" ||
		complain "the image is neither old nor new: $(cat "$work/said")" ;;
	esac
}

# check_end old|BYTES: after the recovery nothing is left but the image, and it is what it should be.
check_end() {
	[ "$(names)" = disk.img ] || complain "there are: $(names)"
	[ -e "$image" ] || return 0
	[ "$(identity_of "$image")" = "$identity" ] || complain "inode, owner, mode or links changed: $(identity_of "$image"), were $identity"
	case $1 in
	old) is_old || complain "the image is not the old one" ;;
	*) is_new "$1" >"$work/said" || complain "the judge: $(cat "$work/said")" ;;
	esac
}

# nobody: the next runs are not killed. Else: aim, delay_us and victim, as strike has them.
nobody() {
	aim=start delay_us=0 victim=none
}

# run ARGUMENT...: grow-disk, under strike; sets hit, at_us, status, and reason from what it says. Complains of processes
# that stay.
run() {
	rm -rf -- "${tmp:?}"/*
	TMPDIR=$tmp "$strike" -o "$work/strike" -t "${limit_s:-60}" -a "$aim" -d "$delay_us" -v "$victim" "$room" "$aside" -- \
		"$grow_disk" --json --accel "$accel" "$@" >"$work/result" 2>"$work/stderr" </dev/null ||
		complain "strike: $? $(grep '^left' "$work/strike")"
	hit=0 at_us=0 status=
	while read -r key value; do
		case $key in
		hit | at_us | status) eval "$key=\$value" ;;
		esac
	done <"$work/strike"
	reason=$(jq -r '.reason // "none"' "$work/result" 2>/dev/null)
}

# first: the run that will be interrupted
first() {
	set -- "$image" "$first_bytes"
	[ "$place" = beside ] || set -- --work-dir "$aside" "$@"
	run "$@"
}

# The run that shall finish what an interrupted one left: $recovery says how, $place where its log is.
recover() {
	case $recovery in
	recover) set -- --recover "$image" ;;
	discard) set -- --discard "$image" ;;
	same) set -- "$image" "$first_bytes" ;;
	more) set -- "$image" "$later_bytes" ;;
	plain) set -- "$image" ;;
	esac
	[ "$place" = beside ] || set -- --work-dir "$aside" "$@"
	run "$@"
}

# What came of an interrupted run: old or finished, where there is no ticket; else the ticket's state.
outcome() {
	case $(state) in
	none | working) if is_old; then echo old; else echo finished; fi ;;
	*) state ;;
	esac
}

# What has to be there when all is over: "old", or a size. $was is the outcome of the interrupted run.
expected() {
	case $recovery:$was in
	same:*) echo "$first_bytes" ;;
	more:*) echo "$later_bytes" ;;
	*:old | discard:verified) echo old ;;
	*) echo "$first_bytes" ;;
	esac
}

# The recovery, to its end. To discard a log whose commit has begun is refused; then it is finished.
recover_whole() {
	case $recovery:$(state) in
	discard:committing | discard:committed)
		recover
		[ "$status $reason" = '20 commit-begun' ] || complain "discard: status $status, $reason"
		what="$what; discard refused" recovery=recover
		;;
	discard:verified) was=verified ;;
	esac
	recover
	[ "$status" = 0 ] || complain "$recovery: status $status: $(cat "$work/stderr")"
	[ -z "$(ls -A "$tmp")" ] || complain "left in TMPDIR: $(ls -A "$tmp")"
	check_end "$(expected)"
}

