#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a grow adds to the image on the host, against what native resize2fs adds to the plain file system: new inode tables
# are not written out. Through the virtual machine.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/size.sh
. "$tests/lib/size.sh"
export RESIZE2FS_FORCE_LAZY_ITABLE_INIT=1

cd "$work" || exit 1
allocated() {
	echo $(($(stat -c '%b * %B' -- "$1")))
}

# native START SECTORS: adds what native resize2fs adds when partition 2 becomes as large, in $native_bytes
native() {
	dd if=disk.img of=fs bs=64K iflag=skip_bytes,count_bytes skip=$(($1 * 512)) count=$(($2 * 512)) status=none
	cp --sparse=always fs native.img
	e2fsck -fp native.img >/dev/null 2>&1
	native_bytes=$(allocated native.img)
	truncate -s $((size - $1 * 512)) native.img
	resize2fs native.img >/dev/null 2>&1
	native_bytes=$(($(allocated native.img) - native_bytes))
}

# compare NAME SIZE
compare() {
	name=$1 size=$(to_bytes "$2")
	read -r start sectors <<-LINE
		$(sfdisk --json disk.img | jq -r '.partitiontable.partitions[1] | "\(.start) \(.size)"')
	LINE
	native "$start" "$sectors"
	qemu-img convert -f raw -O qcow2 disk.img disk.qcow2
	cp --sparse=always disk.img raw.img
	qemu-img convert -S 4k -O raw disk.img data.img
	data_before=$(allocated data.img)
	for image in raw.img disk.qcow2; do
		added=$(allocated "$image")
		ok "$name, $image: grown" env GROW_DISK_GUEST_DIR="$build" "$grow_disk" --accel tcg "$image" "$2"
		added=$(($(allocated "$image") - added))
		qemu-img convert -S 4k -O raw "$image" data.img
		data=$(($(allocated data.img) - data_before))
		diag "$name to $2: $image: native $native_bytes bytes, ours $data, and with zeros that are not holes $added"
		ok "$name, $image: no more than 1.1 times what native resize2fs adds" test "$data" -le $((native_bytes * 11 / 10 + 65536))
		# Zeros are written in clusters of 64 KiB, and a raw file keeps what was zeroed. Far from inode tables, still.
		ok "$name, $image: few zeros besides" test "$added" -le $((native_bytes * 11 / 10 + 8388608))
	done
}

"$images/openwrt-disk" disk.img
compare "OpenWrt" 8G
"$images/mbr-disk" disk.img 300M part 1 512 16M 83 boot ext4 part 2 40960 256M 83 - ext4 '-b 4096'
compare "blocks of 4 KiB" 64G
done_testing
