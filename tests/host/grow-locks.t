#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who else has the image, or lives on it: other runs, virtual machines, overlays;
# with a stub for the virtual machine.
# shellcheck disable=SC2016,SC2034,SC2154  # fakes expand it; status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

# Begin it, and wait until it says that it waits.
begin_waiting() {
	rm -f "$scratch/err"
	begin_disk --json --wait-lock 600 "$@"
	await waits
}

waits() {
	grep -q 'waiting for at most' "$scratch/err"
}

two_runs() {
	fresh
	make_disk qcow2 disk
	STUB=hang begin_disk disk 8G
	until [ -n "$(processes_with "$scratch/guest/kernel")" ]; do sleep 0.1; done
	hanging=$process
	rm "$scratch/out" "$scratch/err" # what it still says goes nowhere
	grow_disk --json disk 8G
	is "the second run says who has the image" "$status $(field reason changed)" "30 image-locked false"
	has "and which process" "$err" ", process "
	grow_disk --json --discard disk
	is "nor can it discard the log" "$status $(field reason)" "30 image-locked"
	begin=$(date +%s)
	grow_disk --json --wait-lock 3 disk 8G
	is "--wait-lock 3: waits, then gives up" "$status $(field reason) $(($(date +%s) - begin >= 3))" "30 image-locked 1"
	has "--wait-lock: says that it waits" "$err" "waiting for at most 3 s"
	begin_waiting disk 8G
	kill -TERM "$hanging"
	wait "$process"
	is "--wait-lock: waits, then grows" "$? $(field changed) $(table_end qcow2 disk) $(ls -A)" "0 true 16777216 disk"
	wait "$hanging"
	exec 8<disk
	flock -n 8
	begin_waiting disk 9G
	kill -TERM "$process"
	wait "$process"
	is "--wait-lock: a signal ends it" "$? $(field reason)" "30 interrupted"
	exec 8<&-
	is "no process is left" "$(processes_with "$scratch")" ""
}

# Four at once, each by a gibibyte: one after the other they all do it, whether
# the image is at its name or out of the way when they look.
queue() {
	for format in raw qcow2; do
		fresh
		make_disk "$format" disk
		runs=''
		for n in 1 2 3 4; do
			"$grow_disk" -q --wait-lock 600 disk +1G >"$scratch/queue.$n" 2>&1 &
			runs="$runs $!"
		done
		statuses=''
		for run in $runs; do
			wait "$run"
			statuses="$statuses $?"
		done
		is "$format: four at once, with --wait-lock" "$statuses$(cat "$scratch"/queue.*)" " 0 0 0 0"
		is "$format: each has grown it" "$(qemu-img info -f "$format" --output=json disk | jq '."virtual-size"') $(ls -A)" "$((126877696 + 4 * 1073741824)) disk"
	done
}

virtual_machine() {
	fresh
	make_disk qcow2 disk
	qemu-system-x86_64 -nodefaults -S -display none -machine pc,accel=tcg \
		-blockdev driver=qcow2,node-name=a,file.driver=file,file.filename=disk \
		-device virtio-blk-pci,drive=a -pidfile "$scratch/pid" -daemonize 2>/dev/null
	begin_waiting disk 8G
	kill "$(cat "$scratch/pid")"
	wait "$process"
	is "--wait-lock: waits for a virtual machine" "$? $(field changed)" "0 true"
}

dependents() {
	fresh
	mkdir other
	make_disk qcow2 base
	for backing in ./base base "$PWD/base" "file:base" other/../base 'json:{"driver":"qcow2","file":{"driver":"file","filename":"base"}}'; do
		qemu-img create -q -f qcow2 -F qcow2 -b "$backing" 'an overlay' 1G
		refused image-has-dependents 10 "an overlay by way of $backing" base 8G
		refused image-has-dependents 10 "and a plan says so" --plan base 8G
		has "it is named" "$err" "an overlay"
		rm 'an overlay'
	done
	qemu-img create -q -f qcow2 -F qcow2 -b ./base other/over 2>/dev/null
	qemu-img create -q -f qcow2 -u -F qcow2 -b ./none over2 1G
	qemu-img create -q -f qcow2 independent 1G
	: >empty
	printf abc >short
	printf 'QFI\373' >magic
	mkfifo pipe
	ln -s nowhere dangling
	printf 'QFI\373%0200d' 0 >"name with a ${newline}newline"
	grow_disk --quiet base 8G
	is "neighbours that do not depend on it do not matter" "$status $err" "0 "
	mkdir many
	mv base many
	n=0
	while [ "$n" -lt 3000 ]; do
		n=$((n + 1))
		printf '%0200d' 0 >"many/$n"
	done
	begin=$(date +%s)
	(cd many && qemu-img create -q -f qcow2 -F qcow2 -b base zz)
	refused image-has-dependents 10 "among 3000 files" many/base 9G
	is "and not one after the other by programs" "$(($(date +%s) - begin < 120))" 1
}

main() {
	two_runs
	queue
	virtual_machine
	dependents
}

fresh
main
done_testing
