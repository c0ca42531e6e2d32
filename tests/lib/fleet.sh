# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A fleet of disks that end in every way, for grow-fleet with a guest that is played.
# To be sourced after grow-lib.sh.
#
#   fleet_program ARGUMENT...   grow-fleet: sets status, out, err as grow_disk does
#   fleet_member NAME [SIZE [OPTION]...]   a line of the manifest, in JSON
#   fleet_take FILE...          remember what these disks are like
#   fleet_fate FILE             old, new, or a remark
#   fleet_hold FILE             lock it, by a process: sets holder
#   fleet_release N HOLDER      end it when task N has been tried once
#   fleet_state NAME            what the summary in $scratch/out says of it
# shellcheck disable=SC2016,SC2034,SC2154  # $ is for other programs; variables are for the tests

grow_fleet=$source_tree/hostscripts/grow-fleet
fleet_size=1073741824

# What happens to a disk goes by its name: the guest does not know which one it has.
fleet_real_host=${GROW_DISK_HOST:-$build/grow-disk-host}
export fleet_real_host
cat >"$scratch/host" <<'END'
#!/bin/sh
case $* in
*/nothing*) export STUB=nothing ;;
*/unclean*) export STUB=fault:fs-unclean:20 ;;
*/breach*) export STUB=breach:8192 ;;
*/hang*) [ ! -e "$fleet_hang" ] || export STUB=hang ;;
*/lacking*) export GROW_DISK_QEMU=/absent ;;
*/killed*) [ -e "$fleet_killed" ] || { : >"$fleet_killed" && kill -KILL $$; } ;;
esac
exec "$fleet_real_host" "$@"
END
chmod +x "$scratch/host"
export GROW_DISK_HOST="$scratch/host" fleet_killed="$scratch/was-killed" fleet_hang="$scratch/hangs"

fleet_program() {
	"$grow_fleet" "$@" >"$scratch/out" 2>"$scratch/err"
	status=$?
	out=$(cat "$scratch/out")
	err=$(cat "$scratch/err")
}

fleet_member() {
	member=$1
	[ $# -lt 1 ] || shift
	member_size=${1-$fleet_size}
	[ $# -lt 1 ] || shift
	jq -nc --arg image "$member" --arg size "$member_size" '{$image, $size, options: $ARGS.positional}' --args -- "$@"
}

fleet_key() { printf '%s' "${1#./}" | md5sum | cut -c 1-32; }

fleet_take() {
	mkdir -p "$scratch/before"
	for file; do
		[ ! -e "$file" ] || image_sum "$file" >"$scratch/before/$(fleet_key "$file")"
	done
}

# Of a new one sfdisk says where its last partition ends, and all before it is as it was but for two bytes of its entry.
fleet_fate() {
	[ -e "$1" ] || { echo absent && return; }
	[ "$(image_sum "$1")" != "$(cat "$scratch/before/$(fleet_key "$1")")" ] || { echo old && return; }
	rm -f "$scratch/judged.raw"
	qemu-img convert -O raw "./$1" "$scratch/judged.raw"
	[ "$(sfdisk --json "$scratch/judged.raw" | jq '.partitiontable.partitions[-1] | .start + .size') $(stat -c %s "$scratch/judged.raw")" = "$((fleet_size / 512)) $fleet_size" ] ||
		{ echo "neither old nor new" && return; }
	[ "$(cmp -l -n 17301504 "$scratch/judged.raw" "$scratch/made/raw" | wc -l)" -le 4 ] || { echo "new, and changed elsewhere" && return; }
	echo new
	rm -f "$scratch/judged.raw"
}

fleet_state() {
	jq -r --arg name "$PWD/$1" '.images[] | select(.image == $name) | "\(.state) \(.reason // "-")"' "$scratch/out"
}

fleet_hold() {
	(
		exec 8<"$1"
		flock 8
		exec sleep 1000
	) &
	holder=$!
	await sh -c '! flock -n "$1" true' sh "$1"
}

fleet_release() {
	await grep -q '"status":30' "m.fleet/results/0/$1"
	kill "$2"
}
