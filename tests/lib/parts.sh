# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154  # who sources it sets: here, work
# What the generators of disks with a partition table share: the disk grows up as $work/disk.raw. The same arguments give
# the same bytes: times, owners and identifiers are fixed.
PATH=$PATH:/usr/sbin:/sbin
moment=1700000000 # every time that is written into a file system
export E2FSPROGS_FAKE_TIME=$moment LC_ALL=C.UTF-8 TZ=UTC

# put FILE OFFSET: into the disk, holes stay holes.
put() {
	dd if="$1" of="$work/disk.raw" bs=64K seek="$2" oflag=seek_bytes conv=notrunc,sparse status=none
}

# uuid N: the identifier of what is in partition N.
uuid() { printf '9d0b5e5e-0000-4000-8000-%012d' "$1"; }

# owner_and_times DIR FILE: mke2fs -d takes the user who runs it, and the moment it runs, into the inodes.
owner_and_times() {
	(cd -- "$1" && find .) | while IFS= read -r name; do
		for field in uid gid; do printf 'sif "%s" %s 0\n' "$name" "$field"; done
		for field in atime ctime crtime mtime; do printf 'sif "%s" %s @%s\n' "$name" "$field" "$moment"; done
	done >"$work/inodes"
	echo 'ssv kbytes_written 0' >>"$work/inodes" # else it depends on how the writes happened to be cached
	debugfs -w -f "$work/inodes" "$2" >"$work/debugfs" 2>&1
}

# file_system N TYPE BYTES OPTIONS: in $work/part
file_system() {
	n=$1 type=$2 bytes=$3 mke2fs_options=$4
	# shellcheck disable=SC2086  # options are words
	set -- $mke2fs_options
	case " $* " in
	*' -d '*) tree=${mke2fs_options##*-d } tree=${tree%% *} ;;
	*)
		tree=$work/tree
		[ -d "$tree" ] || "$here/tree" "$tree"
		set -- "$@" -d "$tree"
		;;
	esac
	rm -f -- "$work/part"
	truncate -s "$bytes" "$work/part"
	mke2fs -q -F -t "$type" -U "$(uuid "$n")" -E "hash_seed=$(uuid "$n"),root_owner=0:0" "$@" "$work/part"
	owner_and_times "$tree" "$work/part"
}

# other_system N TYPE BYTES OPTIONS: xfs, btrfs or f2fs, in $work/part. Not the same bytes each time: their makers take the time.
other_system() {
	n=$1 type=$2 bytes=$3 mkfs_options=$4
	[ -d "$work/tree" ] || "$here/tree" "$work/tree"
	rm -f -- "$work/part"
	truncate -s "$bytes" "$work/part"
	# shellcheck disable=SC2086  # options are words
	case $type in
	xfs)
		"$here/xfs-proto" "$work/tree" >"$work/proto"
		mkfs.xfs -q -f -m "uuid=$(uuid "$n")" -p "$work/proto" $mkfs_options "$work/part" 2>"$work/mkfs"
		;;
	btrfs) mkfs.btrfs -q -f -U "$(uuid "$n")" --rootdir "$work/tree" $mkfs_options "$work/part" >"$work/mkfs" ;;
	f2fs)
		mkfs.f2fs -q -f -U "$(uuid "$n")" $mkfs_options "$work/part" >"$work/mkfs" 2>&1 &&
			{ sload.f2fs -P -f "$work/tree" "$work/part" >"$work/mkfs" 2>&1 || [ $? = 1 ]; } # 1: it mended its own work
		;;
	esac || {
		cat "$work/mkfs" >&2
		exit 1
	}
}

# content N START_BYTES BYTES CONTENT OPTIONS: put it into the disk.
content() {
	case $4 in
	-) ;;
	*/*) put "$4" "$2" ;;
	xfs | btrfs | f2fs)
		other_system "$1" "$4" "$3" "$5"
		put "$work/part" "$2"
		;;
	*)
		file_system "$1" "$4" "$3" "$5"
		put "$work/part" "$2"
		;;
	esac
}

# boot_code FROM TO: boot code before the table, and something in the bytes behind it: a boot loader would live there.
boot_code() {
	yes 'boot code of the sample disk ' | tr -d '\n' | head -c 440 >"$work/code"
	put "$work/code" 0
	[ "$1" -lt "$2" ] || return 0
	yes 'gap behind the table ' | tr -d '\n' | head -c $(($2 - $1)) >"$work/code"
	put "$work/code" "$1"
}

# complain_unless STATUS: show what the partitioner said.
complain_unless() {
	[ "$1" = 0 ] || {
		cat "$work/said" >&2
		exit 1
	}
}

# write_table: by sfdisk, from its script $work/table.
write_table() {
	sfdisk -q --no-reread --no-tell-kernel --wipe never --wipe-partitions never "$work/disk.raw" <"$work/table" >"$work/said" 2>&1 && status=0 || status=$?
	complain_unless "$status"
}

# write_table_of_sectors BYTES: by fdisk, which has sectors of other sizes as well.
write_table_of_sectors() {
	printf 'I\n%s\nw\n' "$work/table" | fdisk -b "$1" -w never -W never "$work/disk.raw" >"$work/said" 2>&1 && status=0 || status=$?
	complain_unless "$status"
}

# publish FORMAT OUT QEMU_OPTIONS
publish() {
	case $1 in
	raw) cp --sparse=always -- "$work/disk.raw" "$2" ;;
	*)
		# shellcheck disable=SC2086  # options are words
		qemu-img convert -f raw -O "$1" $3 "$work/disk.raw" "$2"
		;;
	esac
}
