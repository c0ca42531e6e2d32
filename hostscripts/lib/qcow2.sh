# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The qcow2 header, by fixed offsets (docs/interop/qcow2.txt of QEMU).
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

# Incompatible features: dirty 1, corrupt 2, external data file 4, compression
# type 8, extended L2 entries 16.
qcow2_known_features=31

# qcow2_read FILE: its header, each field in a variable of its name; what is
# larger than a number can be becomes the largest one, what is not there 0.
qcow2_read() {
	hex_at "$1" 0 104
	qcow2_magic=${hex%"${hex#????????}"}
	qcow2_fields '????????' _ version
	qcow2_fields '????????????????' backing_at
	qcow2_fields '????????' backing_bytes cluster_bits
	qcow2_fields '????????????????' virtual
	qcow2_fields '????????' crypt l1_entries
	qcow2_fields '????????????????' l1_at refcount_at
	qcow2_fields '????????' refcount_clusters snapshots
	qcow2_fields '????????????????' _ features _ autoclear
	qcow2_fields '????????' refcount_order header_bytes
	[ "$qcow2_version" -ne 2 ] || qcow2_features=0 qcow2_autoclear=0
}

# qcow2_fields DIGITS NAME...: the next ones of $hex, of so many digits each.
qcow2_fields() {
	qcow2_digits=$1
	shift
	for field; do
		# shellcheck disable=SC2295  # a pattern
		qcow2_rest=${hex#$qcow2_digits}
		hex_number "${hex%"$qcow2_rest"}"
		eval "qcow2_$field=\$number"
		[ "$qcow2_rest" != "$hex" ] || qcow2_rest=
		hex=$qcow2_rest
	done
}

qcow2_check_magic() {
	qcow2_read "$image"
	[ "$qcow2_magic" = 514649fb ] || fault image-format "$image is not a qcow2 image" "Leave out --format, or say --format=raw"
}

# Of an image that an earlier run has left half committed: what belongs to the
# disk besides. Whoever gave us the image may have given us the ticket as well.
qcow2_check_others() {
	[ "$image_format" = qcow2 ] || return 0
	qcow2_read "$image_at"
	[ "$qcow2_magic" = 514649fb ] || ticket_foreign "the image is not qcow2"
	[ "$qcow2_version" -le 3 ] && [ $((qcow2_features & ~qcow2_known_features)) -eq 0 ] || ticket_foreign "the image uses unknown qcow2 features"
	qcow2_check_data_file
	qcow2_check_backing
}

# After qcow2_check_magic.
qcow2_check_header() {
	case $qcow2_version in
	2 | 3) ;;
	*) fault image-format "$image is qcow2 of version $qcow2_version, and 2 and 3 are known" "Convert it with qemu-img convert" ;;
	esac
	[ "$qcow2_cluster_bits" -ge 9 ] && [ "$qcow2_cluster_bits" -le 21 ] || qcow2_absurd "clusters of 2^$qcow2_cluster_bits bytes"
	qcow2_cluster=$((1 << qcow2_cluster_bits)) qcow2_entry=8
	qcow2_check_features
	[ $((qcow2_features & 16)) -eq 0 ] || qcow2_entry=16
	[ "$qcow2_crypt" -eq 0 ] || fault image-encrypted "$image is an encrypted qcow2 image" "Convert it to an image without encryption first"
	qcow2_check_backing
	[ "$qcow2_snapshots" -le 65536 ] || qcow2_absurd "$qcow2_snapshots internal snapshots"
	[ "$qcow2_snapshots" -eq 0 ] || [ "$qcow2_version" -ne 2 ] ||
		fault image-snapshots-v2 "$image has internal snapshots, and qcow2 of version 2 cannot be grown with them" \
			"Make it version 3: qemu-img amend -o compat=1.1"
	qcow2_check_places
}

qcow2_check_features() {
	[ $((qcow2_features & ~qcow2_known_features)) -eq 0 ] ||
		fault image-format "$image uses qcow2 features that are newer than this grow-disk" "Convert it with the qemu-img that made it"
	[ $((qcow2_features & 2)) -eq 0 ] ||
		fault image-corrupt "$image is marked as corrupt by QEMU" "Repair it first (qemu-img check -r all), after a copy has been made"
	[ $((qcow2_features & 1)) -eq 0 ] ||
		fault image-dirty "$image was not closed properly by the program that last used it" "Repair it first: qemu-img check -r all"
	qcow2_check_data_file
}

qcow2_check_data_file() {
	[ $((qcow2_features & 4)) -eq 0 ] || [ "$opt_allow_backing" = yes ] ||
		fault image-data-file "$image keeps its data in another file, and only the two together are a disk" \
			"If that file may be changed too: --allow-backing"
}

qcow2_check_backing() {
	[ "$qcow2_backing_at" -ne 0 ] || return 0
	[ "$qcow2_backing_bytes" -le 1023 ] || qcow2_absurd "a backing file whose name has $qcow2_backing_bytes bytes"
	[ "$opt_allow_backing" = no ] && [ -z "${failed_base:-}" ] || return 0
	qcow2_backing=$(dd if="$image_at" bs=1 skip="$qcow2_backing_at" count="$qcow2_backing_bytes" 2>/dev/null | tr -d '\000')
	fault image-backing-file "$image is an overlay: what it does not hold itself is read from $qcow2_backing" \
		"If that file can be trusted: --allow-backing. It will be read, and never changed"
}

qcow2_absurd() {
	fault image-corrupt "The qcow2 header of $image makes no sense: $1" "Restore it from a backup"
}

# qcow2_table NAME OFFSET BYTES: a table begins with a cluster, within the file.
qcow2_table() {
	[ $(($2 % qcow2_cluster)) -eq 0 ] && [ "$2" -lt "$qcow2_file_bytes" ] && [ "$3" -le $((qcow2_file_bytes - $2)) ] ||
		qcow2_absurd "its $1 is said to be at $2, with $3 bytes, in a file of $qcow2_file_bytes"
}

# Where the tables are, and how large: with the limits that QEMU has itself
# (block/qcow2.h), and no table behind the end of the file.
qcow2_check_places() {
	qcow2_file_bytes=$(file_bytes "$image")
	[ $((qcow2_virtual % 512)) -eq 0 ] && [ "$qcow2_virtual" -lt "$size_max" ] || qcow2_absurd "a disk of $qcow2_virtual bytes"
	[ "$qcow2_l1_entries" -le 4194304 ] || qcow2_absurd "a first-level table of $qcow2_l1_entries entries"
	[ $((qcow2_l1_entries * (qcow2_cluster / qcow2_entry))) -ge $(((qcow2_virtual + qcow2_cluster - 1) / qcow2_cluster)) ] ||
		qcow2_absurd "a first-level table of $qcow2_l1_entries entries for $qcow2_virtual bytes"
	[ "$qcow2_l1_entries" -eq 0 ] || qcow2_table "first-level table" "$qcow2_l1_at" $((qcow2_l1_entries * 8))
	[ "$qcow2_refcount_clusters" -ge 1 ] && [ "$qcow2_refcount_clusters" -le $((8388608 / qcow2_cluster + 1)) ] ||
		qcow2_absurd "a refcount table of $qcow2_refcount_clusters clusters"
	qcow2_table "refcount table" "$qcow2_refcount_at" $((qcow2_refcount_clusters * qcow2_cluster))
	[ "$qcow2_version" -eq 3 ] || return 0
	[ "$qcow2_refcount_order" -le 6 ] || qcow2_absurd "reference counts of 2^$qcow2_refcount_order bits"
	[ "$qcow2_header_bytes" -ge 104 ] && [ "$qcow2_header_bytes" -le "$qcow2_cluster" ] || qcow2_absurd "a header of $qcow2_header_bytes bytes"
}

# qcow2_open_bitmaps FILE: the names of its bitmaps that are in use, after
# qcow2_read.
qcow2_open_bitmaps() {
	[ $((qcow2_autoclear & 1)) -ne 0 ] || return 0
	run qemu-img info --output=json -f qcow2 -- "$1" |
		jq -r '."format-specific".data.bitmaps[]? | select(.flags | index("in-use")) | .name'
}

# QEMU makes no image larger that has a bitmap which was not closed properly: to
# be known before the ticket, for the commit would fail for ever.
qcow2_check_bitmaps() {
	qcow2_read "$image"
	bitmap=$(qcow2_open_bitmaps "$image" | head -n 1)
	[ -z "$bitmap" ] || fault image-dirty "$image has the dirty bitmap '$bitmap', which the program that last used it did not close" \
		"It is of no use any more: qemu-img bitmap --remove IMAGE $bitmap"
}

# The tables behind the header. Leaked clusters are harmless, and pass.
qcow2_check_tables() {
	run_long qemu-img check -f qcow2 -- "$image"
	case $? in
	0 | 3 | 63) qcow2_check_bitmaps ;;
	2) fault image-corrupt "The tables of $image are damaged (qemu-img check)" \
		"Make a copy, and repair it: qemu-img check -r all" ;;
	*)
		complaint
		case $complaint in
		*' lock'*) fault image-locked "$image is in use by another program$(lock_holder)" "Shut down the virtual machine that has it, and try again" ;;
		esac
		complaint_reason image-corrupt
		fault "$reason" "The tables of $image cannot be checked: $complaint" "Look at the disk behind it; if that is well, restore the image from a backup"
		;;
	esac
}
