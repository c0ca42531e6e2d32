# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The judge's part for xfs and btrfs. To be sourced by judge.sh.
#
# Superblocks are read by xfs_db and btrfs, on the host; the checks are xfs_repair's and btrfs', too. Files are read by
# the kernel of a machine (rescue-disk), which mounts for reading: no program reads the files of an xfs without one.
# shellcheck disable=SC2154  # work, facts, disk, target, start, size: of judge.sh

rescue_disk=${RESCUE_DISK:-$here/../../hostscripts/rescue-disk}

# kind_of FS: the word of blkid, "" for nothing
kind_of() {
	blkid -p -o value -s TYPE "$1" || :
}

# other_files DISK N: each file of partition N: what it is, its contents or target. Read as an ordinary mount finds them.
other_files() {
	mkdir -p "$work/tmp"
	cat >"$work/list" <<-'END'
		mkdir -p /mnt/target && mount -o "$1" "/dev/sda$2" /mnt/target && cd /mnt/target || exit 1
		find . -type f -exec sha256sum {} + | sort -k 2
		find . | sort | while IFS= read -r name; do
			link=$(readlink "$name")
			case $(stat -c %F "$name") in directory) size=- ;; *) size=$(stat -c %s "$name") ;; esac
			echo "$name $(stat -c '%f %u %g %Y' "$name") $size $link"
		done
	END
	options=noatime
	[ "$(cat "$facts/kind")" != btrfs ] || options=noatime,subvolid=5
	TMPDIR=$work/tmp GROW_DISK_GUEST_DIR=$BUILD "$rescue_disk" --quiet --format raw --accel tcg "$1" -- \
		sh -c "$(cat "$work/list")" sh "$options" "$2" </dev/null
}

# other_superblock FS: what of it must stay
other_superblock() {
	case $(cat "$facts/kind") in
	xfs)
		xfs_db -r -c 'sb 0' -c 'p uuid fname blocksize agblocks sectsize inodesize logstart logblocks qflags imax_pct' \
			-c version "$1"
		;;
	btrfs)
		btrfs inspect-internal dump-super -f "$1" |
			grep -E '^(csum_type|fsid|label|num_devices|sectorsize|nodesize|incompat_flags|dev_item.uuid)'
		;;
	esac
}

# The number of bytes that a partition of so many holds as the native rule has it: of xfs, a last group of less than 64
# blocks does not count.
native_bytes() {
	case $(cat "$facts/kind") in
	xfs)
		blocks=$(xfs_value "$1" blocksize) group=$(xfs_value "$1" agblocks)
		fit=$(($2 / blocks))
		[ $((fit % group)) -ge 64 ] || fit=$((fit - fit % group))
		echo $((fit * blocks))
		;;
	btrfs) echo $(($2 / 4096 * 4096)) ;;
	esac
}

xfs_value() {
	xfs_db -r -c 'sb 0' -c "p $2" "$1" | sed 's/.* = //'
}

other_bytes() {
	case $(cat "$facts/kind") in
	xfs) echo $(($(xfs_value "$1" dblocks) * $(xfs_value "$1" blocksize))) ;;
	btrfs) btrfs inspect-internal dump-super "$1" | awk '$1 == "dev_item.total_bytes" { print $2 }' ;;
	esac
}

other_check() {
	case $(cat "$facts/kind") in
	xfs) xfs_repair -n -f "$1" ;;
	btrfs) btrfs check --readonly --check-data-csum "$1" ;;
	esac
}

check_other() {
	dd if="$disk" of="$work/fs" bs=1M iflag=skip_bytes,count_bytes skip=$((start * 512)) count=$((size * 512)) conv=sparse status=none
	truncate -s $((size * 512)) "$work/fs"
	other_check "$work/fs" >"$work/check" 2>&1 || {
		complain "$(cat "$facts/kind"): its check says $?:"
		tail -n 12 "$work/check" | sed 's/^/    /'
	}
	other_superblock "$work/fs" | same "the superblock" superblock
	has=$(other_bytes "$work/fs") wanted=$(native_bytes "$work/fs" $((size * 512)))
	[ "$has" = "$wanted" ] || complain "the file system has $has bytes, not $wanted"
	other_files "$disk" "$target" | same "the files" files
}
