#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-disk --prove-boot with disks that boot in a blink, in the real QEMU: kept, if the grown disk comes as far as it did before, and
# else refused, byte-identical. The first sector says one thing at the old size of the disk, and another one at any other size.
# shellcheck disable=SC2154  # images, grow_disk and work come from tap.sh
set -u
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need '--prove-boot' qemu-system-x86_64 qemu-img qemu-storage-daemon jq || done_testing

mkdir "$work/tmp dir" "$work/disks"
export TMPDIR="$work/tmp dir"
cd "$work/disks" || exit 1

# grow ARGUMENT...: sets status; errors are in $work/err
grow() {
	"$grow_disk" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

said() {
	grep -qF -- "$1" "$work/err" && printf yes || sed 's/^/#  /' "$work/err" >&2
}

field() {
	jq -r "[$1] | map(tostring) | join(\" \")" <"$work/out"
}

# disk NAME TEXT [OTHER [END [MORE]]]: a raw disk of 32 MiB with ext4, that boots so
disk() {
	disk_name=$1
	shift
	if [ ! -e "$work/sample" ]; then
		truncate -s 32M "$work/sample"
		printf 'label: dos\nlabel-id: 0x1234abcd\nstart=2048,type=83\n' | sfdisk -q "$work/sample" >/dev/null
		mke2fs -q -t ext4 -E offset=1048576 "$work/sample" 31M
	fi
	cp "$work/sample" "$disk_name"
	"$images/boot-sector" "$disk_name" "$@"
}

# refused NAME SENTENCE MEMBERS ARGUMENT...: boot-not-proven; and the image is what it was
refused() {
	refused_name=$1 refused_sentence=$2 refused_members=$3 refused_sum=$(image_sum disk)
	shift 3
	grow --json "$@" disk 64M
	is "$refused_name: refused, and says why" "$status $(field .reason,.changed) $(said "$refused_sentence")" '20 boot-not-proven false yes'
	is "$refused_name: the result" "$(field .boot.milestone,.boot.before.milestone,.boot.after.milestone,.boot.after.bad_sign)" "$refused_members"
	is "$refused_name: the image is what it was" "$(image_sum disk)" "$refused_sum"
	is "$refused_name: nothing is left" "$(ls -A "$TMPDIR") $(ls -A)" ' disk'
}

up='Linux version 0\nbox login: '

kept() {
	disk disk "$up" "$up"
	grow --json --prove-boot disk 64M
	is 'it comes up as before: kept' "$status $(field .changed,.boot.milestone,.boot.firmware,.boot.attach,.boot.before.milestone,.boot.after.milestone)" \
		'0 true login bios virtio login login'
	is 'and it is grown' "$(stat -c %s disk) $(sfdisk --json disk | jq '.partitiontable.partitions[0].size')" "67108864 $(((67108864 - 1048576) / 512))"
	ok 'and sound' e2fsck -fn 'disk?offset=1048576'
	is 'nothing is left' "$(ls -A "$TMPDIR") $(ls -A)" ' disk'
	disk raw "$up" "$up"
	qemu-img convert -f raw -O qcow2 raw disk
	rm raw
	grow --prove-boot='^box login: $' --attach scsi --rtc 2038-01-19T03:14:00Z --accel tcg disk 64M
	is 'a qcow2, by what is expected' "$status $(grep -c '^boot  *expected  *reached as before, with a BIOS$' "$work/out")" '0 1'
	is 'and it is grown' "$(qemu-img info --output=json disk | jq '."virtual-size"')" 67108864
	grow --json --prove-boot disk 64M
	is 'with nothing to do there is nothing to prove' "$status $(field .changed,.boot)" '0 false null'
	rm disk
}

not_kept() {
	disk disk "$up" 'Linux version 0\nYou are in emergency mode\n' hang
	refused 'a sign that something is wrong' 'it is in emergency mode' 'null login kernel it is in emergency mode' --prove-boot
	is 'the last lines of both are shown' "$(said 'as it is: box login:')$(said 'grown: You are in emergency mode')" yesyes
	disk disk "$up" 'Linux version 0\n'
	refused 'it does not come as far' 'It reached a kernel, the old disk a login prompt' 'null login kernel null' --prove-boot
	disk disk "$up" 'Linux version 0\n' hang
	refused 'it hangs' 'the time is over' 'null login kernel null' --prove-boot --prove-timeout 5
	disk disk "$up" "$up"
	refused 'what is expected never comes' 'does not boot as far as expected' 'null login null null' --prove-boot=nothing
	disk disk '[    1.000000] Kernel panic - not syncing: x\n' "$up" hang
	refused 'it did not come up before' 'the old disk does not boot (its kernel panics)' 'null kernel null null' --prove-boot
	disk disk 'it speaks, but nobody knows what\n'
	refused 'no system that speaks' 'the old disk showed no kernel, no login prompt and no screen that stays (it ended)' 'null loader null null' --prove-boot
	disk disk "$up" 'Linux version 0\n'
	sum=$(image_sum disk)
	grow --prove-boot --keep-failed disk 64M
	is '--keep-failed keeps the log' "$status $(find . -type f | sort | tr '\n' ' ')$([ "$(image_sum disk)" = "$sum" ] && echo same)" '20 ./disk ./disk.grow-disk.failed same'
	rm disk.grow-disk.failed
}

# No word on the serial port: the screen has to look as it did.
screens() {
	here='the same on both disks, %0.100d' there='something else on the grown one, %-0100d'
	disk disk "$here" "$here" hang paint
	grow --json --prove-boot --prove-quiet 5 --prove-timeout 120 disk 64M
	is 'by the screen alone: kept' "$status $(field .changed,.boot.milestone,.boot.before.milestone,.boot.after.milestone)" '0 true screen screen screen'
	disk disk "$here" "$here" hang paint
	grow --prove-boot --prove-quiet 5 disk 64M
	is 'which is called a weak proof' "$status $(grep -c '^boot  *screen  *looks as before (a weak proof), with a BIOS$' "$work/out")" '0 1'
	disk disk "$here" "$there" hang paint
	refused 'another screen' 'The grown disk does not boot as before: the time is over (--prove-timeout). It reached a boot loader, the old disk a screen that does not change' \
		'null screen loader null' --prove-boot --prove-quiet 5 --prove-timeout 30
	disk disk "$here" "$here"
	refused 'it powers off before anything is seen' 'no screen that stays (it ended)' 'null loader null null' --prove-boot --prove-quiet 5
	disk disk '' '' hang
	refused 'a screen that shows only what the firmware wrote' 'no screen that stays (the time is over (--prove-timeout))' 'null loader null null' \
		--prove-boot --prove-quiet 2 --prove-timeout 15
}

refusals() {
	disk disk "$up"
	sum=$(image_sum disk)
	for wrong in '--prove-boot --plan disk 64M' '--prove-boot=( disk 64M' '--prove-timeout=0 disk 64M' '--prove-quiet=0 disk 64M' '--firmware=x disk 64M' '--attach=floppy disk 64M'; do
		# shellcheck disable=SC2086  # words
		grow $wrong
		is "'$wrong' is a usage fault" "$status $(said '[usage]')" '2 yes'
	done
	grow --prove-boot --firmware uefi disk 64M
	is 'the wrong firmware is refused before the grow' "$status $(said '[no-boot-loader]') $(grep -c 'growing' "$work/err")" '10 yes 0'
	is 'the image is what it was' "$(image_sum disk)" "$sum"
	setsid env --default-signal=TERM "$grow_disk" --prove-boot --prove-timeout 500 disk 64M >"$work/out" 2>"$work/err" </dev/null &
	process=$!
	await grep -q 'booting' "$work/err"
	kill "$process"
	wait "$process"
	is 'a signal while it is proven' "$? $(said '[interrupted]')" '30 yes'
	is 'the image is what it was' "$(image_sum disk) $(ls -A "$TMPDIR") $(ls -A)" "$sum  disk"
}

uefi() {
	need 'UEFI' grub-mkimage mkfs.fat mcopy || return
	[ -e /usr/lib/grub/x86_64-efi ] || { skip UEFI 'the package grub-efi-amd64-bin is not here' && return; }
	[ -e /usr/share/OVMF ] || { skip UEFI 'the package ovmf is not here' && return; }
	"$images/uefi-disk" disk 40M 'echo "Linux version 0"
		echo "box login: "
		halt'
	grow --json --prove-boot disk 80M
	is 'UEFI: kept' "$status $(field .changed,.boot.milestone,.boot.firmware)" '0 true login uefi'
	is 'UEFI: grown' "$(stat -c %s disk)" 83886080
}

kept
not_kept
screens
refusals
uefi
is 'no QEMU is left' "$(processes_in "$work")" ''
done_testing
