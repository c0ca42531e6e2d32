# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the image is. Everything here only reads; the first bytes are looked at
# by us, at fixed offsets, before QEMU opens the file. QEMU never guesses.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

image_only_read=no # yes: by a program that writes into an overlay and no further

# image_find PATH: the real file behind it, and the folder its log will be in.
image_find() {
	image=$1
	case $image in
	'') fault usage "The name of the image is empty" ;;
	/*) ;;
	*)
		case $PWD in
		/*) image=$PWD/$image ;;
		*) fault image-not-found "The working folder is gone, so $image names nothing" "Change to a folder that exists" ;;
		esac
		;;
	esac
	# The dot keeps newlines at the end of a name.
	image_path=$(readlink -f -- "$image" && printf .) ||
		fault image-not-found "There is no file $image, or the links on its path lead nowhere" "Look at the path"
	image=${image_path%??}
	image_dir=${image%/*} image_name=${image##*/}
	case $image_name in
	*.grow-disk.image) fault commit-begun "$image is an image in the middle of a commit, and must not be used" "Finish it: grow-disk --recover ${image%.grow-disk.image}" ;;
	*.grow-disk.log | *.grow-disk.new | *.grow-disk.verified | *.grow-disk.commit*) fault image-not-a-file "$image belongs to grow-disk itself" "Name the disk image" ;;
	*.grow-disk.failed) [ "$opt_verb" = rescue ] || fault image-not-a-file "$image is the log of a grow that failed" "Name the disk image; rescue-disk looks into such a log" ;;
	esac
	image_dir=${image_dir:-/} image_guard=$image.grow-disk.image
	image_locate
}

# Where the image is now: an unfinished commit keeps it under another name.
image_locate() {
	image_at=$image
	[ -e "$image" ] || [ ! -e "$image_guard" ] || image_at=$image_guard
	[ -e "$image_at" ] || fault image-not-found "There is no file $image" "Look at the path"
}

# Two files that may both be the image, or one without its ticket: whoever made
# that so has to say which is meant.
image_check_guard() {
	[ -e "$image_guard" ] || return 0
	[ "$image_at" = "$image_guard" ] ||
		fault log-stale "There is $image, and $image_guard, which is that image in the middle of a commit" \
			"If the first is right (a restored backup): remove the second, $log_file${ticket:+, $ticket}. If not: move the first away, and run grow-disk --recover"
	[ "$ticket_state" != none ] ||
		fault log-foreign "The image is at $image_guard, in the middle of a commit, and the ticket of that commit is not there" "Restore a backup"
}

# What is to be known before it is opened: nothing here starts a program.
image_check_kind() {
	[ -e "$image_at" ] || return 0
	[ ! -d "$image_at" ] || fault image-not-a-file "$image is a directory" "Name the disk image in it"
	[ ! -b "$image_at" ] || fault image-not-a-file "$image is a block device, and grow-disk works on image files" \
		"Devices are grown by what made them (lvextend, the hypervisor), not by writing to them"
	[ -f "$image_at" ] || fault image-not-a-file "$image is not a regular file" "Name a disk image"
	[ -r "$image_at" ] || fault image-unreadable "$image may not be read by $(id -un 2>/dev/null)" "Ask its owner, or run as its owner"
	[ "$image_only_read" = yes ] || [ -w "$image_at" ] || fault image-not-writable "$image may not be written by $(id -un 2>/dev/null)" \
		"Ask its owner; it may also be immutable, or on a file system that is mounted read-only"
}

image_check_empty() {
	[ -s "$image_at" ] || fault image-format "$image is empty" "A disk image has at least a partition table"
}

# Root may write what nobody is meant to write: the mode counts for root too.
image_check_writable() {
	image_mode=$(ls -ld -- "$image_at")
	case $image_mode in
	?????w* | ??w* | ????????w*) ;;
	*) fault image-not-writable "$image is marked read-only" "If it shall be changed: chmod u+w" ;;
	esac
	[ -w "$image_dir" ] && [ -x "$image_dir" ] ||
		fault folder-not-writable "$image_dir may not be written by $(id -un 2>/dev/null), and what a run leaves for the next one has to be beside the image" \
			"Give write permission to the folder, or move the image"
}

# read_fault FILE: also in the middle of a commit, which is then to be finished.
read_fault() {
	[ "$ticket_state$phase" != committingfinishing ] || commit_unfinished "$1 cannot be read"
	fault disk-io "$1 cannot be read" "Look at the disk behind it"
}

# hex_at FILE OFFSET COUNT: these bytes as hexadecimal digits, in $hex. (Not to
# get to an offset can mean that the file ends before it.)
hex_at() {
	hex=$(od -An -v -tx1 -j "$2" -N "$3" -- "$1" 2>/dev/null) || [ "$2" -gt 0 ] || read_fault "$1"
	# shellcheck disable=SC2086  # pairs of digits, to be split, and joined by nothing
	set -- $hex
	hex_ifs=$IFS IFS=
	hex="$*" IFS=$hex_ifs
}

# hex_number DIGITS: a big-endian number, in $number; what does not fit becomes
# the largest one.
hex_number() {
	case ${#1}$1 in
	16[89a-f]*) number=$size_max ;;
	*) number=$((0x${1:-0})) ;;
	esac
}

image_foreign() {
	fault image-format "$image is $1, which grow-disk does not grow" "${2:-Convert it first: qemu-img convert -O qcow2 OLD NEW.qcow2}"
}

image_packed() {
	fault image-format "$image is packed with $1, not a disk image yet" "Unpack it first: $2"
}

# Sets image_format to qcow2 or raw, or says what else it is.
image_detect() {
	hex_at "$image" 0 512
	image_head=$hex
	case $image_head in
	514649fb0000000[23]*) image_format=qcow2 ;;
	514649fb*) image_foreign "a qcow image of another version than 2 and 3" ;;
	4b444d56* | 434f5744* | 23204469736b204465736372697074*) image_foreign "a VMDK image (VMware)" ;;
	7668647866696c65*) image_foreign "a VHDX image (Hyper-V)" ;;
	636f6e6563746978*) image_foreign "a VHD image (Virtual PC, Azure)" ;;
	51454400*) image_foreign "a QED image" ;;
	576974686f7574467265655370616365* | 576974686f7546726553706163457874*) image_foreign "a Parallels image" ;;
	4c554b53babe*) fault image-encrypted "$image is encrypted with LUKS" "Only the disk inside can be grown: open it first" ;;
	1f8b*) image_packed gzip "gunzip -k NAME" ;;
	fd377a585a00*) image_packed xz "unxz -k NAME" ;;
	28b52ffd*) image_packed zstd "unzstd NAME" ;;
	425a68[3-9]?314159265359*) image_packed bzip2 "bunzip2 -k NAME" ;;
	504b0304*) image_packed zip "unzip NAME" ;;
	04224d18*) image_packed lz4 "unlz4 NAME" ;;
	377abcaf271c*) image_packed 7-Zip "7z x NAME" ;;
	3aff26ed*) image_foreign "an Android sparse image" "Convert it first: simg2img OLD NEW" ;;
	*) image_format=raw ;;
	esac
	if [ "$image_format" = raw ]; then image_detect_deeper; else image_detect_both; fi
}

# Marks that are not at the beginning of the file.
image_detect_deeper() {
	hex_at "$image" 64 4
	[ "$hex" != 7f10dabe ] || image_foreign "a VDI image (VirtualBox)"
	hex_at "$image" 257 5
	[ "$hex" != 7573746172 ] || image_packed tar "tar -xf NAME (an .ova file is one)"
	hex_at "$image" 32769 5
	[ "$hex" != 4344303031 ] || image_foreign "an ISO 9660 image (a CD or DVD)" "Install from it, and grow the installed disk"
	image_bytes=$(stat -L -c %s -- "$image")
	[ "$image_bytes" -ge 512 ] || return 0
	hex_at "$image" $((image_bytes - 512)) 8
	case $hex in
	636f6e6563746978) image_foreign "a VHD image of fixed size (Virtual PC, Azure)" ;;
	6b6f6c79*) image_foreign "a DMG image (macOS)" ;;
	esac
}

# A raw disk belongs to its guest, who can write what looks like a qcow2 header
# over its boot code. Then it is not for us to choose.
image_detect_both() {
	case $image_head in
	*55aa) [ ${#image_head} -ne 1024 ] ||
		fault image-format "$image begins like a qcow2 image, and also has the mark of a partition table in its first sector" \
			"Say which it is: --format=raw or --format=qcow2" ;;
	esac
}

# What no change by somebody else leaves alone: which file it is, how long, and
# when it was changed.
image_mark() {
	TZ=UTC0 stat -L -c '%d %i %s %y' -- "$image" 2>/dev/null || stat -L -f '%d %i %z %Fm' -- "$image"
}

image_check_mark() {
	[ "$(image_mark)" = "$image_seen" ] ||
		fault image-locked "$image was changed or replaced by another program while its log was made; the log is thrown away" "Find out which, and run grow-disk again when that has ended"
}

# What the image is, by its own first bytes, or as --format says.
image_preflight_format() {
	if [ -n "$opt_format" ]; then image_format=$opt_format; else image_detect; fi
	[ "$image_format" = qcow2 ] || return 0
	qcow2_check_magic
	qcow2_check_header
}

# What takes longer: the tables behind the header.
image_check_tables() {
	[ "$image_format" != qcow2 ] || qcow2_check_tables
}

# Sets size_before, after image_preflight_format. Of a raw image QEMU completes
# the last sector.
image_measure() {
	case $image_format in
	qcow2) size_before=$qcow2_virtual ;;
	*) size_before=$((($(file_bytes "$image") + 511) / 512 * 512)) ;;
	esac
}
