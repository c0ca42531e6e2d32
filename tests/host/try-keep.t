#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# try-disk --write, --wait-for and --screenshot, with disks that boot in a blink, in the real QEMU: what the system wrote is kept only if
# it ends well, and the picture is what is on the screen.
# shellcheck disable=SC2154  # images and work come from tap.sh, status and try_disk from try.sh
set -u
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/try.sh
. "$tests/lib/try.sh"
need 'try-disk --write' qemu-system-x86_64 qemu-img qemu-storage-daemon jq || done_testing

up='Linux version 0\nit waits\nbox login: \n'

# disk NAME [END [MORE]]: comes to a login prompt, ends so, and does that before
disk() {
	truncate -s 8M "$1"
	printf 'label: dos\nstart=2048,type=83\n' | sfdisk -q "$1" >/dev/null
	"$images/boot-sector" "$1" "$up" "$up" "${2:-off}" "${3:-write}"
}

# has_written IMAGE: the first bytes of its second sector are those of its first one
has_written() {
	[ "$(od -An -tx1 -N 64 "$1")" = "$(od -An -tx1 -j 512 -N 64 "$1")" ] && printf yes || printf no
}

# thrown_away NAME STATUS REASON SENTENCE ARGUMENT...: of the disk, which is what it was
thrown_away() {
	refused "$@"
	untouched "$1"
}

writes() {
	disk disk
	sums=$(sums)
	try disk
	is 'without --write: thrown away' "$status" 0
	untouched 'without --write'
	before=$(image_sum disk)
	try --json --write --yes disk
	is '--write: it powers off, and what it wrote is kept' "$status $(field .end,.kept,.reason) $(has_written disk)" '0 power-off true null yes'
	dd if=/dev/zero of=disk bs=512 seek=1 count=1 conv=notrunc status=none
	is 'and nothing else' "$(image_sum disk)" "$before"
	is 'nothing is left' "$(ls -A "$TMPDIR") $(ls -A)" ' disk'
	qemu-img convert -f raw -O qcow2 disk disk.qcow2
	try --write --yes disk.qcow2
	is 'a qcow2: kept' "$status $(said 'changes kept in the image')" '0 yes'
	qemu-img convert -f qcow2 -O raw disk.qcow2 disk.raw
	is 'and sound' "$(qemu-img check -q disk.qcow2 >/dev/null && has_written disk.raw)" yes
	rm disk.qcow2 disk.raw
	disk disk off none
	sums=$(sums)
	try --json --write --yes disk
	is 'nothing is written' "$status $(field .kept) $(said 'nothing was written')" '0 false yes'
	untouched 'nothing is written'
}

not_kept() {
	disk disk hang
	sums=$(sums)
	thrown_away 'its time is over' 30 stalled 'The time of 3 s is over' --write --yes --timeout 3 disk
	for signal in INT TERM; do
		start --write --yes --expect nothing disk
		await grep -q login "$work/out"
		kill -"$signal" "$process"
		wait "$process"
		is "SIG$signal: not kept" "$? $(said '[interrupted]')" '30 yes'
		untouched "SIG$signal"
	done
	start --write --yes --expect nothing disk
	try disk
	is 'meanwhile nobody boots it' "$status $(said '[image-locked]')" '30 yes'
	kill -KILL "$process"
	wait "$process" 2>/dev/null
	gone() { [ -z "$(machines)" ]; }
	ok 'killed: no QEMU is left' await gone
	is 'killed: the log is left, the image is what it was' "$(ls -A) $(image_sum disk)" "disk
disk.grow-disk.log ${sums#disk }"
	rm -rf "${TMPDIR:?}"/*
	try --write --yes --timeout 1 disk
	untouched 'the next run throws it away'
	chmod 444 disk
	[ "$(id -u)" = 0 ] || thrown_away 'an image that is read-only' 10 image-not-writable 'disk' --write --yes disk
	chmod 644 disk
	qemu-img create -q -f qcow2 -b disk -F raw overlay.qcow2
	sums=$(sums)
	thrown_away 'an image that others rely on' 10 image-has-dependents overlay.qcow2 --write --yes disk
	rm overlay.qcow2
}

# What is waited for ends it, and then the power button does.
waits() {
	disk disk button
	sums=$(sums)
	try --json --wait-for login disk
	is '--wait-for: reached' "$status $(field .end,.milestone,.kept)" '0 expected login null'
	untouched '--wait-for without --write'
	try --json --write --yes --wait-for login disk
	is '--wait-for with --write: the power button ends it' "$status $(field .end,.milestone,.kept) $(has_written disk)" '0 expected login true yes'
	print=SHA256:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG
	disk disk hang none
	"$images/boot-sector" disk "-----BEGIN SSH HOST KEY FINGERPRINTS-----\n256 $print a@b (RSA)\nCloud-init v. 1 finished at x\n" '' hang
	sums=$(sums)
	try --json --wait-for cloud-init disk
	is '--wait-for cloud-init: its final message, and the host keys before' "$status $(field .milestone,'.host_keys[]') $(said "host key for ssh: $print (RSA)")" "0 cloud-init $print (RSA) yes"
	untouched '--wait-for cloud-init'
	disk disk
	sums=$(sums)
	thrown_away 'it ends before' 20 boot-not-proven 'did not come to the end of cloud-init: the system has ended' --write --yes --wait-for cloud-init disk
	disk disk hang
	sums=$(sums)
	thrown_away 'it does not end when the button is pressed' 30 stalled 'does not power off' --write --yes --wait-for login --timeout 2 disk
}

# leaves HOW STATUS ARGUMENT...: of a QEMU that goes so
leaves() {
	FAKE_LEAVES=$1 FAKE_STATUS=$2
	export FAKE_LEAVES FAKE_STATUS
	shift 2
	GROW_DISK_QEMU=$tests/host/fake-leaver try --json --write --yes --expect '^it writes' "$@" disk
}

# A system that powers itself off when it has come as far as is asked for, while it is asked for more: that is a good end.
by_itself() {
	for how in before asked again off; do
		disk disk
		sums=$(sums)
		leaves "$how" 0
		is "it ends by itself, $how: a good end" "$status $(field .end,.reason)" '0 expected null'
		untouched "it ends by itself, $how"
	done
	for how in before asked; do
		leaves "$how" 1
		is "QEMU fails, $how: its end tells" "$status $(field .reason,.kept) $(said 'exit status 1')" '70 guest-died false yes'
		leaves "$how" 1 --screenshot "$work/picture.png"
		is "QEMU fails, $how, and there is no picture" "$status $(field .reason) $(said 'exit status 1')" '70 guest-died yes'
		untouched "QEMU fails, $how"
	done
	for turn in 1 2 3 4 5; do
		truncate -s 8M disk
		"$images/boot-sector" disk 'it writes\n' '' off write
		try --json --write --yes --expect writes disk
		is "it powers itself off after the line, turn $turn: kept" "$status $(field .end,.kept) $(has_written disk)" '0 expected true yes'
		dd if=/dev/zero of=disk bs=512 seek=1 count=1 conv=notrunc status=none
		"$images/boot-sector" disk 'debian login: \n' '' off write
		try --json --write --yes --wait-for login disk
		is "it powers itself off after its prompt, turn $turn: kept" "$status $(field .end,.kept) $(has_written disk)" '0 expected true yes'
	done
}

# red FILE: the size of the picture, and whether the first line of text is red (VGA's light red: QEMU rounds), and no other line of
# pixels
red() {
	"$tests/lib/png-pixels" "$1" >"$work/pixels" 2>&1
	awk 'NR == 1 { print $1 "x" $2; next } $2 ~ /^ff5.5.$/ { $1 < 16 ? red++ : other++ } END { print (red == 16 && !other ? "red" : "not red") }' "$work/pixels" | tr '\n' ' '
}

screenshots() {
	for end in off hang; do
		disk disk "$end" show
		sums=$(sums)
		try --json --screenshot "$work/picture.png" --timeout 3 disk
		is "--screenshot, $end: what is on the screen" "$(field .end) $(red "$work/picture.png")" "$([ "$end" = off ] && echo power-off || echo timeout) 720x400 red "
		rm -f "$work/picture.png"
		untouched "--screenshot, $end"
	done
	printf '\211PNG\r\n\032\nold' >picture.png
	disk disk hang none
	sums=$(image_sum disk)
	try --screenshot picture.png --wait-for login disk
	is '--screenshot when what is waited for comes, over an older file' "$status $(red picture.png)$(stat -c %a picture.png)" '0 720x400 not red 600'
	is 'the judge knows what is no picture' "$("$tests/lib/png-pixels" disk 2>&1)" 'no PNG'
	printf '\211PNG\r\n\032\nold' >picture.png
	start --screenshot picture.png disk
	is 'while it runs, there is an unfinished one' "$(find . -name 'picture.png.??????' | wc -l)" 1
	kill "$process"
	wait "$process"
	is 'interrupted: the older file stays, and no other' "$(tail -c 3 picture.png) $(find . -type f | sort | tr '\n' ' ')$(image_sum disk)" "old ./disk ./picture.png $sums"
	rm picture.png
	sums=$(sums)
	thrown_away 'a screenshot where no file can be' 2 usage 'which is not a PNG file' --screenshot "$work" disk
	thrown_away 'a screenshot over the image' 2 usage 'would overwrite disk, which is not a PNG file' --screenshot disk disk
	thrown_away 'a screenshot in no folder' 40 folder-not-writable 'cannot be made' --screenshot "$work/none/x" disk
}

usage_faults() {
	disk disk
	sums=$(sums)
	thrown_away '--yes without --write' 2 usage '--yes goes only with --write' --yes disk
	thrown_away '--write without a terminal' 2 usage 'or --yes' --write disk
	thrown_away '--wait-for of what nobody knows' 2 usage "cannot be 'kernel'" --wait-for kernel disk
	cp disk odd
	truncate -s +5 odd
	sums=$(sums)
	thrown_away '--write of a file that ends within a sector' 20 image-truncated 'ends within a sector' --write --yes odd
	rm odd
	sums=$(sums)
	thrown_away '--wait-for and --expect' 2 usage 'exclude each other' --wait-for login --expect x disk
}

writes
not_kept
waits
by_itself
screenshots
usage_faults
is 'no QEMU is left' "$(machines)" ''
done_testing
