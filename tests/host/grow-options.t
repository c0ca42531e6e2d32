#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line of grow-disk, and sizes as qemu-img takes them.
# shellcheck disable=SC2034,SC2154  # status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

options() {
	grow_disk --help
	is "--help: status, and nothing on standard error" "$status$err" 0
	has "--help: usage" "$out" "Usage: grow-disk"
	grow_disk --version
	is "--version: as in the Makefile" "$status $out" "0 grow-disk $(sed -n 's/^VERSION := //p' "$source_tree/Makefile")"
	for wrong in "" "--nonsense disk" "disk 8G more" "--partition=0 disk" "--partition=x disk" "--partition" "--repair=some disk" \
		"--accel=xen disk" "--format=vmdk disk" "--keep-log= disk" "--json=yes disk"; do
		# shellcheck disable=SC2086  # words
		grow_disk $wrong
		is "'$wrong' is refused" "$status" 2
		has "'$wrong': says where to look" "$err" "--help"
	done
	make_disk qcow2 disk
	for right in "--json disk 1G" "disk --json 1G" "disk 1G --json" "--json --partition 2 disk 1G" "--json --partition=2 disk 1G" \
		"--json --repair all --accel tcg disk 1G" "--json -q disk 1G" "--json -- disk 1G"; do
		# shellcheck disable=SC2086  # words
		grow_disk --plan $right
		is "'$right' is understood" "$status $(field size_after_bytes)" "0 1073741824"
	done
	grow_disk --json --nonsense disk
	is "a usage fault is JSON too" "$(field reason status)" "usage 2"
	grow_disk --json -- --plan
	is "behind -- there are no options" "$(field reason)" image-not-found
	grow_disk -v --plan disk 1G
	has "--verbose shows commands" "$err" "+ qemu-img "
}

# Against qemu-img itself.
sizes() {
	for size in 1G 1.5G 0.7T 1t 3000M 1.001k 8589934592 8589934593 00010G 2097152k 1.999999999G 123456789b 1.23456789012345M; do
		qemu-img create -q -f qcow2 oracle "$size"
		grow_disk --json --plan disk "$size"
		wanted=$(qemu-img info --output=json oracle | jq '."virtual-size"')
		[ "$wanted" -ge 126877696 ] || { is "$size is smaller" "$(field reason)" size-smaller; continue; }
		is "$size is what qemu-img makes of it" "$(field size_after_bytes)" "$wanted"
	done
	grow_disk --json --plan disk +1
	is "+1 is rounded up to a sector" "$(field size_after_bytes)" $((126877696 + 512))
	STUB=nothing grow_disk --json --plan disk 126877696
	is "the size it has" "$status $(field size_after_bytes)" "0 126877696"
}

main() {
	options
	sizes
}

fresh
main
done_testing
