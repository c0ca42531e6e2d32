#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every refusal that needs no virtual machine: status, reason, and an image and
# a folder that are as before.
# shellcheck disable=SC2154  # status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/..
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

poke() { # FILE OFFSET BYTES-in-printf-form
	# shellcheck disable=SC2059  # the bytes are a format
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

files() {
	fresh
	make_disk qcow2 disk.qcow2
	refused image-not-found 10 "no such file" none.img 8G
	ln -s none.img dangling
	refused image-not-found 10 "dangling link" dangling 8G
	mkdir folder
	refused image-not-a-file 10 "directory" folder 8G
	mkfifo pipe
	refused image-not-a-file 10 "pipe" pipe 8G
	refused image-not-a-file 10 "device" /dev/null 8G
	: >empty
	refused image-format 10 "empty file" empty 8G
	chmod a-w disk.qcow2
	refused image-not-writable 10 "read-only" disk.qcow2 8G
}

foreign() {
	fresh
	for format in vmdk vdi vhdx vpc qed qcow parallels; do
		qemu-img create -q -f "$format" "x.$format" 4M
		refused image-format 10 "$format" "x.$format" 8G
	done
	qemu-img create -q -f vpc -o subformat=fixed fixed.vhd 4M
	refused image-format 10 "fixed VHD" fixed.vhd 8G
	qemu-img create -q -f vmdk -o subformat=monolithicFlat flat.vmdk 4M
	refused image-format 10 "VMDK descriptor" flat.vmdk 8G
	make_disk raw disk.raw
	gzip -k disk.raw
	refused image-format 10 gzip disk.raw.gz 8G
	has "gzip: says what to do" "$err" "Decompress it first"
	xz -k -0 disk.raw
	refused image-format 10 xz disk.raw.xz 8G
	truncate -s 1M cd.iso
	poke cd.iso 32769 CD001
	refused image-format 10 "ISO 9660" cd.iso 8G
	poke disk.raw 0 'QFI\373\000\000\000\003'
	refused image-format 10 "raw with a qcow2 magic" disk.raw 8G
	refused image-format 10 "raw called qcow2" --format=qcow2 disk.raw.gz 8G
}

headers() {
	fresh
	make_disk qcow2 base.qcow2
	qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 over.qcow2
	refused image-backing-file 10 "backing file" over.qcow2 8G
	has "backing file: is named" "$err" "base.qcow2"
	rm over.qcow2
	qemu-img create -q -f qcow2 -o data_file=data.raw,data_file_raw=on ext.qcow2 64M
	refused image-data-file 10 "data file" ext.qcow2 8G
	cp base.qcow2 enc.qcow2
	poke enc.qcow2 35 '\002'
	refused image-encrypted 10 "encrypted" enc.qcow2 8G
	qemu-img create -q -f qcow2 -o compat=0.10 v2.qcow2 64M
	qemu-img snapshot -c one v2.qcow2
	refused image-snapshots-v2 10 "snapshots in version 2" v2.qcow2 8G
	for bit in 1:image-dirty:20 2:image-corrupt:20 '40:image-format:10'; do
		cp base.qcow2 bit.qcow2
		value=${bit%%:*} rest=${bit#*:}
		poke bit.qcow2 79 "\\$(printf %03o "0x$value")"
		refused "${rest%:*}" "${rest#*:}" "feature bit 0x$value" bit.qcow2 8G
	done
	cp base.qcow2 bad.qcow2
	poke bad.qcow2 40 '\377\377\377\377\377\377\377\000'
	refused image-corrupt 20 "impossible L1 table" bad.qcow2 8G
	cp base.qcow2 bad.qcow2
	poke bad.qcow2 "$((0x$(od -An -tx1 -j 48 -N 8 base.qcow2 | tr -d ' ')))" '\000\000\000\000\000\000\000\000'
	refused image-corrupt 20 "refcount table lost" bad.qcow2 8G
	qemu-img create -q -f qcow2 -o cluster_size=512 small.qcow2 64M
	refused image-limit 10 "small clusters" small.qcow2 200G
	is "small clusters: the largest size is told" "$(field 'limits[0].reason' 'limits[0].largest_disk_bytes')" "image-limit 137438953472"
	grow_disk --plan --json small.qcow2 137438953472
	is "and that size is not refused by it" "$(field reason)" table-empty
}

# Numbers in the header that make no sense: nothing but our own reader may have
# opened the file before it says so.
absurd() {
	fresh
	make_disk qcow2 base.qcow2
	fake qemu-img <<-'EOF'
		echo 'qemu-img: QEMU has seen it' >&2
		exit 1
	EOF
	for change in '20:\000\000\000\010:clusters of 256 bytes' '20:\000\000\000\077:clusters of 2^63 bytes' \
		'24:\377\377\377\377\377\377\376\000:a disk of 16 EiB' '24:\000\000\000\000\007\220\000\001:a disk of part of a sector' \
		'24:\000\000\001\000\000\000\000\000:a disk larger than its table' \
		'36:\377\377\377\377:a huge first-level table' '36:\000\040\000\000:a first-level table behind the end' \
		'40:\000\000\000\000\000\003\000\001:a first-level table between clusters' '40:\000\000\177\377\377\377\000\000:a first-level table far behind the end' \
		'48:\377\377\377\377\377\377\000\000:a refcount table behind the end' '48:\000\000\000\000\000\001\000\010:a refcount table between clusters' \
		'56:\000\000\000\000:no refcount table' '56:\177\377\377\377:a huge refcount table' \
		'60:\177\377\377\377:two thousand million snapshots' '96:\000\000\000\007:reference counts of 128 bits' \
		'100:\377\377\377\377:a header of 4 GiB' '100:\000\000\000\010:a header of 8 bytes' '8:\000\000\000\000\000\000\000\100\177\377\377\377:a backing file with a huge name'; do
		cp base.qcow2 bad.qcow2
		rest=${change#*:}
		poke bad.qcow2 "${change%%:*}" "${rest%%:*}"
		with_fakes refused image-corrupt 20 "${rest#*:}" --allow-backing bad.qcow2 8G
		is "${rest#*:}: QEMU has not seen it" "${err##*QEMU has seen it*}" "$err"
		rm bad.qcow2
	done
	head -c 100 base.qcow2 >short.qcow2
	with_fakes refused image-corrupt 20 "half a header" short.qcow2 8G
	rm -r "$scratch/fake"
}

sizes() {
	fresh
	make_disk qcow2 disk.qcow2
	make_disk raw disk.raw
	refused size-smaller 10 "smaller" disk.qcow2 100M
	refused size-smaller 10 "smaller, raw" disk.raw 100M
	refused size-smaller 10 "no unit" disk.qcow2 50
	has "no unit: hint" "$err" "write 50G"
	refused size-smaller 10 "zero" disk.qcow2 0
	for size in x 8Q 8GiB 1.G .5G 1..5G 8G8 '' +; do
		case $size in
		'') refused usage 2 "size '$size'" disk.qcow2 "$size" ;;
		*) refused size-invalid 2 "size '$size'" disk.qcow2 "$size" ;;
		esac
	done
	for size in 99999999999999999999 9999999999G 8E 9223372036854775807 -8G 1.5; do
		refused size-invalid 2 "size $size" disk.qcow2 "$size"
	done
	# Sizes that can be written, and that no image has: a scheduler must not try again.
	for size in 1E 10P +7.9E; do
		refused image-limit 10 "size $size" disk.qcow2 "$size"
	done
	# The largest file there can be, told to the sector: here 2 GiB and a bit.
	(
		ulimit -f 4194305
		"$grow_disk" --plan --json disk.raw 3G >"$scratch/out" 2>"$scratch/err"
	)
	is "no larger than a file can be" "$(field status reason limits)" '10 image-limit [{"reason":"image-limit","largest_disk_bytes":2147484160},{"reason":"no-space","largest_disk_bytes":'"$(field 'limits[1].largest_disk_bytes')"'},{"reason":"mbr-2tib","largest_disk_bytes":2199023255552}]'
	real_grow_disk=$grow_disk grow_disk=$scratch/limited
	printf '#!/bin/sh\nexec prlimit --fsize=2147484160 "%s" "$@"\n' "$real_grow_disk" >"$grow_disk"
	chmod +x "$grow_disk"
	refused image-limit 10 "larger than a file can be" disk.raw 3G
	has "and it is the limit of the session" "$err" "ulimit -f"
	grow_disk=$real_grow_disk
}

in_use() {
	fresh
	make_disk qcow2 disk.qcow2
	for mode in on off; do
		qemu-system-x86_64 -nodefaults -S -display none -machine pc,accel=tcg \
			-blockdev "driver=qcow2,read-only=$mode,node-name=a,file.driver=file,file.filename=disk.qcow2" \
			-device virtio-blk-pci,drive=a -pidfile "$scratch/pid" -daemonize 2>/dev/null
		refused image-locked 30 "in use by a virtual machine, read-only=$mode" disk.qcow2 8G
		has "in use: the holder is named" "$err" "process $(cat "$scratch/pid")"
		kill "$(cat "$scratch/pid")"
		while [ -e "$scratch/pid" ]; do sleep 0.05; done
	done
	exec 8<disk.qcow2
	flock -n 8
	refused image-locked 30 "in use by another grow-disk" disk.qcow2 8G
	exec 8<&-
}

# A PATH without one program.
without() {
	rm -rf "${scratch:?}/bin"
	mkdir "$scratch/bin"
	for program in sh readlink qemu-img qemu-storage-daemon qemu-system-x86_64; do
		[ "$program" = "$1" ] || ln -s "$(command -v "$program")" "$scratch/bin/$program"
	done
}

# without_program PROGRAM: grow_disk with such a PATH.
without_program() {
	without "$1"
	path=$PATH
	PATH=$scratch/bin
	"$grow_disk" --json disk.qcow2 8G >"$scratch/out" 2>"$scratch/err"
	status=$?
	PATH=$path
}

programs() {
	fresh
	make_disk qcow2 disk.qcow2
	before=$(picture)
	for missing in qemu-img:missing-program:qemu-utils qemu-storage-daemon:missing-program:qemu-system-common qemu-system-x86_64:no-qemu:qemu-system-x86; do
		program=${missing%%:*} rest=${missing#*:}
		fake_guest=$GROW_DISK_QEMU
		unset GROW_DISK_QEMU
		without_program "$program"
		export GROW_DISK_QEMU="$fake_guest"
		is "without $program: status 40" "$status" 40
		is "without $program: ${rest%:*}" "$(field reason)" "${rest%:*}"
		has "without $program: names the package" "$(cat "$scratch/err")" "apt-get install ${rest#*:}"
		is "without $program: nothing changed" "$(picture)" "$before"
	done
	GROW_DISK_QEMU=$scratch/none refused no-qemu 40 "no such QEMU" disk.qcow2 8G
	GROW_DISK_GUEST_DIR=$scratch/none refused no-guest 40 "no guest" disk.qcow2 8G
	(unset PATH && "$grow_disk" --json disk.qcow2 8G >"$scratch/out" 2>"$scratch/err")
	is "without a PATH: the system's programs are found" "$(field reason changed)" "null true"
}

# A guest of another processor has a folder of its own, and a QEMU of its own.
other_guest() {
	fresh
	make_disk qcow2 disk.qcow2
	refused no-guest 40 "--guest-arch: there is no such guest" --guest-arch aarch64 disk.qcow2 1G
	has "--guest-arch: says how it is built" "$err" "make guest-aarch64"
	refused usage 2 "--guest-arch of no guest" --guest-arch vax disk.qcow2 1G
	GROW_DISK_GUEST_ARCH=vax refused usage 2 "the same in the environment" disk.qcow2 1G
	refused usage 2 "--accel native runs no guest" --guest-arch aarch64 --accel native disk.qcow2 1G
	before=$(picture) fake_guest=$GROW_DISK_QEMU
	export GROW_DISK_GUEST_ARCH=aarch64
	unset GROW_DISK_QEMU
	without_program qemu-system-aarch64
	export GROW_DISK_QEMU="$fake_guest"
	is "--guest-arch: its QEMU is missing" "$status $(field reason)" "40 no-qemu"
	has "--guest-arch: names the package" "$(cat "$scratch/err")" "apt-get install qemu-system-arm"
	is "--guest-arch: nothing changed" "$(picture)" "$before"
	mkdir "$scratch/guest/aarch64"
	cp "$scratch/guest/kernel" "$scratch/guest/initramfs.cpio" "$scratch/guest/build-id" "$scratch/guest/aarch64/"
	grow_disk --json disk.qcow2 1G
	is "--guest-arch: grown by the guest of that folder" "$status $(field changed)" "0 true" || diag "$err"
	unset GROW_DISK_GUEST_ARCH
	rm -r "$scratch/guest/aarch64"
}

# As nobody, for whom modes count; with copies of the programs, as the sources may lie where nobody else looks.
as_nobody() {
	fresh
	if ! can_be_root || ! command -v setpriv >/dev/null; then
		skip "permissions" "this needs root and setpriv"
		return
	fi
	make_disk qcow2 disk.qcow2
	chmod 755 "$scratch" "$scratch/disks"
	chmod 1777 "$TMPDIR"
	mkdir -p "$scratch/programs/host" "$scratch/programs/lib" "$scratch/cache"
	cp "$grow_disk" "$build/grow-disk-host" "$scratch/programs/host"
	cp "$GROW_DISK_QEMU" "$scratch/programs/host" && cp "$tests"/lib/*.pm "$scratch/programs/lib"
	chmod 1777 "$scratch/cache"
	real_grow_disk=$grow_disk real_qemu=$GROW_DISK_QEMU
	printf '#!/bin/sh\nGROW_DISK_HOST="%s" exec %s setpriv --reuid=65534 --regid=65534 --clear-groups "%s" "$@"\n' \
		"$scratch/programs/host/grow-disk-host" "$([ "$(id -u)" = 0 ] || echo 'sudo -nE')" "$scratch/programs/host/grow-disk" >"$scratch/programs/as-nobody"
	chmod 755 "$scratch/programs" "$scratch"/programs/* "$scratch"/programs/*/*
	grow_disk=$scratch/programs/as-nobody GROW_DISK_QEMU=$scratch/programs/host/${GROW_DISK_QEMU##*/}
	chmod 600 disk.qcow2
	refused image-unreadable 10 "unreadable" disk.qcow2 8G
	chmod 644 disk.qcow2
	refused image-not-writable 10 "not writable" disk.qcow2 8G
	chmod 666 disk.qcow2
	refused folder-not-writable 40 "folder not writable" disk.qcow2 8G
	chmod 777 "$scratch/disks"
	grow_disk disk.qcow2 8G
	is "an ordinary user can grow" "$status" 0
	is "mode and owner stay" "$(stat -c '%a %u' disk.qcow2)" "666 $(id -u)"
	grow_disk=$real_grow_disk GROW_DISK_QEMU=$real_qemu
}

main() {
	files
	foreign
	headers
	absurd
	sizes
	in_use
	programs
	other_guest
	as_nobody
}

fresh
main
done_testing
