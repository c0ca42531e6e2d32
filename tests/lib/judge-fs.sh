# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The judge's part for xfs, btrfs, f2fs, swap, and squashfs with an overlay. To be sourced by judge.sh.
#
# A squashfs is compared byte by byte up to its overlay, which is copied out and judged as a file system by itself.
# A swap area is compared byte by byte; what its header has to be, mkswap says of a file of the same size.
# Superblocks are read by xfs_db, btrfs and blkid, on the host; the checks are xfs_repair's, btrfs' and fsck.f2fs', too. Files are read by
# the kernel of a machine (rescue-disk), which mounts for reading: no program reads the files of an xfs without one.
# shellcheck disable=SC2154  # work, facts, disk, target, start, size: of judge.sh

rescue_disk=${RESCUE_DISK:-$here/../../hostscripts/rescue-disk}

# kind_of FS: the word of blkid, "" for nothing
kind_of() {
	blkid -p -o value -s TYPE "$1" || :
}

# other_files DISK N: each file of partition N: what it is, its contents or target. Read as an ordinary mount finds them.
other_files() {
	[ "$(cat "$facts/kind")" != swap ] || {
		swap_bytes
		return
	}
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
	if [ "$(cat "$facts/kind")" = squashfs ]; then
		overlay=$(overlay_at "$facts/fs")
		dd if="$disk" bs=64K iflag=skip_bytes,count_bytes skip=$((start * sector)) count="$overlay" status=none | sha256sum
		[ -n "$(overlay_kind "$facts/fs")" ] || return 0
		sed -i "1s|.*|mkdir -p /mnt/target \&\& losetup -o $overlay /dev/loop0 \"/dev/sda\$2\" \&\& mount -o \"\$1\" /dev/loop0 /mnt/target \&\& cd /mnt/target \|\| exit 1|; 1i losetup -f >/dev/null" "$work/list"
	fi
	options=noatime
	[ "$(cat "$facts/kind")" != btrfs ] || options=noatime,subvolid=5
	TMPDIR=$work/tmp GROW_DISK_GUEST_DIR=$BUILD "$rescue_disk" --quiet --format raw --accel tcg "$1" -- \
		sh -c "$(cat "$work/list")" sh "$options" "$2" </dev/null
}

# The area as large as it was, but for the number of its last page.
swap_bytes() {
	at=$((start * sector)) bytes=$(stat -c %s "$facts/fs")
	for range in "0 1028" "1032 $((bytes - 1032))"; do
		dd if="$disk" bs=64K iflag=skip_bytes,count_bytes skip=$((at + ${range% *})) count="${range#* }" status=none
	done | sha256sum
}

# overlay_at FS: where OpenWrt has the overlay of a squashfs
overlay_at() {
	echo $((($(od -An -tu8 -j 40 -N 8 "$1") + 65535) / 65536 * 65536))
}

# overlay_of FS: a copy of it; its name
overlay_of() {
	dd if="$1" of="$work/overlay" bs=64K iflag=skip_bytes skip="$(overlay_at "$1")" conv=sparse status=none
	truncate -s $(($(stat -c %s "$1") - $(overlay_at "$1"))) "$work/overlay"
	echo "$work/overlay"
}

overlay_kind() {
	kind_of "$(overlay_of "$1")"
}

# swap_value FS FIELD: as blkid has it
swap_value() {
	blkid -p -o value -s "$2" "$1"
}

# mkswap_like FS: a swap area of the same size, page size, UUID and label, by mkswap, in $work/native
mkswap_like() {
	rm -f "$work/native"
	label=$(swap_value "$1" LABEL || :)
	truncate -s "$(stat -c %s "$1")" "$work/native"
	for page in 4096 8192 16384 32768 65536; do
		[ "$(dd if="$1" bs=1 skip=$((page - 10)) count=10 status=none | tr -d '\0')" != SWAPSPACE2 ] || break
	done
	mkswap -p "$page" -U "$(swap_value "$1" UUID)" ${label:+-L "$label"} "$work/native" >"$work/mkswap" 2>&1
}

last_page() {
	od -An -tu4 -j 1028 -N 4 "$1" | tr -d ' '
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
	f2fs)
		blkid -p -o export -s TYPE -s LABEL -s UUID "$1" | grep -v ^DEVNAME
		od -An -tx4 -j $((1024 + 2180)) -N 4 "$1"
		;;
	squashfs)
		blkid -p -o export -s TYPE -s LABEL -s UUID "$(overlay_of "$1")" | grep -v ^DEVNAME || [ -z "$(overlay_kind "$1")" ]
		;;
	swap)
		blkid -p -o export -s TYPE -s LABEL -s UUID -s VERSION "$1" | grep -v ^DEVNAME
		swaplabel "$1"
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
	btrfs | f2fs) echo $(($2 / 4096 * 4096)) ;;
	squashfs) [ -z "$(overlay_kind "$1")" ] || echo $((($2 - $(overlay_at "$1")) / 4096 * 4096)) ;;
	swap) mkswap_like "$1" && last_page "$work/native" ;;
	esac
}

xfs_value() {
	xfs_db -r -c 'sb 0' -c "p $2" "$1" | sed 's/.* = //'
}

other_bytes() {
	case $(cat "$facts/kind") in
	xfs) echo $(($(xfs_value "$1" dblocks) * $(xfs_value "$1" blocksize))) ;;
	btrfs) btrfs inspect-internal dump-super "$1" | awk '$1 == "dev_item.total_bytes" { print $2 }' ;;
	f2fs) echo $(($(od -An -tu8 -j $((1024 + 36)) -N 8 "$1") * 4096)) ;;
	squashfs)
		case $(overlay_kind "$1") in
		ext4) dumpe2fs -h "$work/overlay" 2>/dev/null | awk '/^Block count/ { n = $3 } /^Block size/ { print n * $3 }' ;;
		f2fs) echo $(($(od -An -tu8 -j $((1024 + 36)) -N 8 "$work/overlay") * 4096)) ;;
		esac
		;;
	swap) last_page "$1" ;;
	esac
}

other_check() {
	case $(cat "$facts/kind") in
	xfs) xfs_repair -n -f "$1" ;;
	btrfs) btrfs check --readonly --check-data-csum "$1" ;;
	f2fs) fsck.f2fs --dry-run "$1" </dev/null ;;
	squashfs)
		case $(overlay_kind "$1") in
		ext4) e2fsck -fn "$work/overlay" ;;
		f2fs) fsck.f2fs --dry-run "$work/overlay" </dev/null ;;
		esac
		;;
	swap) mkswap_like "$1" && cmp -i 1024 -n $((page - 1024)) "$1" "$work/native" ;;
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
	[ "$has" = "$wanted" ] || complain "the file system has $has bytes (swap: pages), not $wanted"
	other_files "$disk" "$target" | same "the files" files
}
