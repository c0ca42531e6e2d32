# shellcheck shell=sh
# The qcow2 header, by fixed offsets (docs/interop/qcow2.txt of QEMU).
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

# Incompatible features: dirty 1, corrupt 2, external data file 4, compression
# type 8, extended L2 entries 16.
qcow2_known_features=31

qcow2_check_magic() {
	hex_at "$image" 0 4
	[ "$hex" = 514649fb ] || fault image-format "$image is not a qcow2 image" "Leave out --format, or say --format=raw"
}

qcow2_check_header() {
	number_at "$image" 4 4
	qcow2_version=$number
	case $qcow2_version in
	2 | 3) ;;
	*) fault image-format "$image is qcow2 of version $qcow2_version, and 2 and 3 are known" "Convert it with qemu-img convert" ;;
	esac
	number_at "$image" 20 4
	qcow2_cluster_bits=$number
	[ "$number" -ge 9 ] && [ "$number" -le 21 ] ||
		fault image-corrupt "The qcow2 header of $image names an impossible cluster size" "Restore it from a backup"
	qcow2_check_features
	number_at "$image" 32 4
	[ "$number" -eq 0 ] || fault image-encrypted "$image is an encrypted qcow2 image" "Convert it to an image without encryption first"
	qcow2_check_backing
	qcow2_check_snapshots
}

qcow2_check_features() {
	qcow2_features=0
	[ "$qcow2_version" -eq 2 ] || { number_at "$image" 72 8 && qcow2_features=$number; }
	[ $((qcow2_features & ~qcow2_known_features)) -eq 0 ] ||
		fault image-format "$image uses qcow2 features that are newer than this grow-disk" "Convert it with the qemu-img that made it"
	[ $((qcow2_features & 2)) -eq 0 ] ||
		fault image-corrupt "$image is marked as corrupt by QEMU" "Repair it first (qemu-img check -r all), after a copy has been made"
	[ $((qcow2_features & 1)) -eq 0 ] ||
		fault image-dirty "$image was not closed properly by the program that last used it" "Repair it first: qemu-img check -r all"
	[ $((qcow2_features & 4)) -eq 0 ] || [ "$opt_allow_backing" = yes ] ||
		fault image-data-file "$image keeps its data in another file, and only the two together are a disk" \
			"If that file may be changed too: --allow-backing"
}

qcow2_check_backing() {
	number_at "$image" 8 8
	[ "$number" -ne 0 ] || return 0
	[ "$opt_allow_backing" = no ] || return 0
	qcow2_backing_at=$number
	number_at "$image" 16 4
	[ "$number" -le 1023 ] || number=1023
	qcow2_backing=$(dd if="$image" bs=1 skip="$qcow2_backing_at" count="$number" 2>/dev/null | tr -d '\000')
	fault image-backing-file "$image is an overlay: what it does not hold itself is read from $qcow2_backing" \
		"If that file can be trusted: --allow-backing. It will be read, and never changed"
}

qcow2_check_snapshots() {
	number_at "$image" 60 4
	[ "$number" -eq 0 ] || [ "$qcow2_version" -ne 2 ] ||
		fault image-snapshots-v2 "$image has internal snapshots, and qcow2 of version 2 cannot be grown with them" \
			"Make it version 3: qemu-img amend -o compat=1.1"
}

# The tables behind the header. Leaked clusters are harmless, and pass.
qcow2_check_tables() {
	run_long qemu-img check -f qcow2 -- "$image"
	case $? in
	0 | 3 | 63) ;;
	2) fault image-corrupt "The tables of $image are damaged (qemu-img check)" \
		"Make a copy, and repair it: qemu-img check -r all" ;;
	*)
		complaint
		fault image-corrupt "The tables of $image cannot be checked: $complaint" "Restore it from a backup"
		;;
	esac
}

# The first-level table of qcow2 may have 32 MiB: small clusters end early.
qcow2_check_limit() {
	[ "$image_format" = qcow2 ] || return 0
	qcow2_cluster=$((1 << qcow2_cluster_bits))
	qcow2_entry=8
	[ $((qcow2_features & 16)) -eq 0 ] || qcow2_entry=16
	qcow2_largest=$((4194304 * (qcow2_cluster / qcow2_entry) * qcow2_cluster))
	[ "$qcow2_largest" -gt 0 ] && [ "$size_after" -gt "$qcow2_largest" ] || return 0
	fault image-limit "A qcow2 image with clusters of $qcow2_cluster bytes ends at $(size_human $qcow2_largest)" \
		"Convert it to larger clusters: qemu-img convert -O qcow2 -o cluster_size=64k OLD NEW"
}
