#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The disk reaches the real QEMU by descriptor: raw and qcow2, to be grown or only read, in a machine that boots and in one
# that was saved, attached later or there at power on; with a backing file by descriptor, or by name from the header.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
export XDG_CACHE_HOME="$work/cache"

# vm [OPTION]...: $status and $end: the start, the last event, and whether anything was changed
vm() {
	status=0
	: >events
	timeout -k 5 100 "$build/grow-disk-host" machine --guest "$build" --accel tcg --progress none --events events "$@" >said 2>&1 || status=$?
	end=$(jq -rs '[.[] | select(.event == "machine").start, (select(.event == "done" or .event == "fault") | .event, .reason // .changed)] | join(" ")' events)
}

# ends NAME WANTED
ends() {
	is "$1" "$status $end" "$2" || { tail -n 3 events && cat said; } | sed 's/^/#   /'
}

overlay() {
	qemu-img create -q -f qcow2 -b "${1:-image.raw}" -F raw log.qcow2 512M
}

disks() {
	"$images/openwrt-disk" image.raw
	cp image.raw grown.raw
	truncate -s 512M grown.raw
	sum=$(image_sum image.raw)
	for warm in cold warm; do
		overlay
		vm --disk log.qcow2 --format qcow2 --backing image.raw --backing-format raw --plan
		ends "qcow2 on raw, a plan, $warm" "0 $warm done false"
		vm --disk log.qcow2 --format qcow2 --backing image.raw --backing-format raw
		ends "qcow2 on raw, a grow" "0 warm done true"
		ok "qcow2 on raw, a grow: the log is sound" qemu-img check -q log.qcow2
		vm --disk log.qcow2 --format qcow2 --backing image.raw --backing-format raw --check
		ends "qcow2 on raw, a check" "0 warm done false"
	done
	is "the backing file is what it was" "$(image_sum image.raw)" "$sum"
	vm --disk log.qcow2 --format qcow2 --backing image.raw --backing-format raw --plan --no-warm
	ends "qcow2 on raw, grown before" "0 cold done false"
	vm --disk grown.raw --format raw --check
	ends "raw, a check" "0 warm done false"
	vm --disk grown.raw --format raw
	ends "raw, a grow" "0 warm done true"
	cmp -s grown.raw image.raw
	is "raw, a grow: its bytes are other ones" $? 1
	qemu-img convert -f raw -O qcow2 image.raw alone.qcow2
	qemu-img resize -q alone.qcow2 512M
	vm --disk alone.qcow2 --format qcow2 --no-warm
	ends "qcow2 alone, a grow, cold" "0 cold done true"
}

# What the header names is opened by name; a relative one would be looked for beside the descriptor.
names() {
	mkdir "$work/in a, folder"
	cp image.raw "$work/in a, folder/image.raw"
	overlay "$work/in a, folder/image.raw"
	vm --disk log.qcow2 --format qcow2
	ends "a backing file by the name in the header" "0 warm done true"
	odd=$(printf 'odd \377, name.qcow2')
	overlay "$work/image.raw"
	mv log.qcow2 "$odd"
	vm --disk "$odd" --format qcow2 --backing image.raw --backing-format raw
	ends "a disk whose name is not UTF-8" "0 warm done true"
	overlay
	qemu-io -f raw -c 'sleep 20000' image.raw >/dev/null 2>&1 &
	holder=$!
	vm --disk log.qcow2 --format qcow2 --backing image.raw --backing-format raw
	ends "a backing file by descriptor: QEMU looks for no lock" "0 warm done true"
	kill "$holder"
	wait "$holder" 2>/dev/null
}

power_on() {
	overlay
	vm --trace --attach ide --disk log.qcow2 --format qcow2 --backing image.raw --backing-format raw
	ends "there at power on" "0 cold done false"
}

if need "a disk by descriptor" qemu-system-x86_64 qemu-img jq; then
	cd "$work" || exit 1
	disks
	names
	power_on
	is "no process is left" "$(processes_in "$work")" ''
fi
done_testing
