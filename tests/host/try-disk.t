#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# try-disk with disks that boot in a blink (a first sector that says something on the serial port), in the real QEMU: firmware, console,
# what is expected, ports, the seed for cloud-init, refusals. The image is what it was after each.
# shellcheck disable=SC2154  # build, images and work come from tap.sh
set -u
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/try.sh
. "$tests/lib/try.sh"
need 'try-disk' qemu-system-x86_64 qemu-img qemu-storage-daemon jq || done_testing

truncate -s 8M speaks
"$images/boot-sector" speaks 'Linux version 0\nall is said\nbox login: '
cp speaks hangs
"$images/boot-sector" hangs 'it waits\n' '' hang
cp speaks panics
"$images/boot-sector" panics '[    1.000000] Kernel panic - not syncing: no root\n' '' hang
truncate -s 8M empty
printf 'label: gpt\nstart=2048,type=L\n' | sfdisk -q empty >/dev/null
truncate -s 8M esp
printf 'label: dos\nstart=2048,type=ef\n' | sfdisk -q esp >/dev/null
qemu-img convert -f raw -O qcow2 speaks speaks.qcow2
sums=$(sums)

consoles() {
	try speaks
	is 'the system is booted by a BIOS, and powers off' "$status $(said 'with a BIOS')" '0 yes'
	is 'its console is standard output' "$(console 'all is said') $(console 'Booting from Hard Disk')" '1 1'
	try --quiet speaks.qcow2
	is 'a qcow2, quietly' "$status $(console 'all is said') $(cat "$work/err")" '0 1 '
	for attach in ide scsi nvme usb; do
		try --attach "$attach" --memory 128 --cpus 2 --rtc 2038-01-19T03:14:00Z speaks
		is "--attach $attach" "$status $(console 'all is said')" '0 1'
	done
	"$try_disk" -q --accel tcg hangs </dev/null 2>"$work/err" | sed '/it waits/q' >"$work/out"
	is 'a reader that goes away ends it' "$(console 'it waits')" 1
	"$try_disk" --quiet --accel tcg --json speaks >/dev/full 2>"$work/err" </dev/null
	is 'a result that cannot be written is no success' "$? $(said 'Standard output cannot be written') $(said '[no-space]')" '30 yes yes'
	untouched consoles
}

# -- what is expected, and how far it comes ---------------------------------------
expects() {
	try --expect '^all is (said|done)$' hangs --timeout 3
	is '--timeout: the time is over' "$status $(said '[stalled]') $(said 'as far as a boot loader')" '30 yes yes'
	try --json --expect '^all is (said|done)$' speaks
	is '--expect: seen' "$status $(field .end,.milestone,.firmware,.accelerator,.reason,.status)" '0 expected expected bios tcg null 0'
	is '--json: the last lines, and nothing else' "$(jq -r '.console | index("all is said") != null' <"$work/out")" true
	try --json --expect nothing speaks
	is '--expect: the system ends without it' "$status $(field .end,.milestone,.reason,.status)" '20 power-off login boot-not-proven 20'
	try --json --expect nothing panics
	is '--expect: a sign that something is wrong ends it' "$status $(field .end,.milestone,.bad_sign,.reason)" '20 bad-sign kernel its kernel panics boot-not-proven'
	try --json speaks
	is 'nothing is expected: how far it came' "$status $(field .end,.milestone,.bad_sign)" '0 power-off login null'
	untouched expects
}

refusals() {
	refused 'no boot loader' 10 no-boot-loader 'nothing can boot it' empty
	refused '--firmware bios without boot code' 10 no-boot-loader 'a BIOS cannot boot it' --firmware bios esp
	refused '--firmware uefi without an ESP' 10 no-boot-loader 'UEFI cannot boot it' --firmware uefi speaks
	GROW_DISK_OVMF=$work/none
	export GROW_DISK_OVMF
	refused 'an ESP alone: UEFI, whose firmware is not there' 40 missing-program 'apt-get install ovmf' esp
	unset GROW_DISK_OVMF
	refused 'no image' 2 usage 'name of an image' --json
	is 'a usage fault is JSON too' "$(field .reason,.status)" 'usage 2'
	refused 'two images' 2 usage 'operand too many' speaks hangs
	refused 'no such image' 10 image-not-found 'none' none
	refused 'no regular expression' 2 usage 'not a regular expression' --expect '(' speaks
	refused 'a port that is none' 2 usage 'write HOST:GUEST' --port 22 speaks
	refused 'a port that is too large' 2 usage 'write HOST:GUEST' --port 1:65536 speaks
	refused 'a port of the host for two' 2 usage 'is taken already' --port 22222:80 --port 22222:81 speaks
	refused '--append without --kernel' 2 usage 'needs --kernel' --append x speaks
	refused 'a kernel that is not there' 2 usage 'cannot be read' --kernel none speaks
	refused 'a kernel that is a directory' 2 usage 'cannot be read' --kernel "$TMPDIR" speaks
	refused '--accel native' 2 usage "cannot be 'native'" --accel native speaks
	refused 'two seeds in one' 2 usage 'has the place of' --user-data speaks --ssh-key speaks speaks
	for name in 'a b' . a. .a a..b -a a- a.-b "$(printf '%064d' 0)"; do
		refused "a host name that is none: '$name'" 2 usage '--hostname cannot be' --hostname "$name" speaks
	done
	GROW_DISK_QEMU=$work/none refused 'no QEMU' 40 no-qemu 'apt-get install qemu-system-x86' speaks
	untouched refusals
}

# listening PORT: the addresses at which somebody listens on that port, in hexadecimal
listening() {
	awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { printf "%s ", substr($2, 1, length($2) - 5) }' /proc/net/tcp /proc/net/tcp6
}

ends() {
	for signal in TERM INT; do
		start hangs
		kill -"$signal" "$process"
		wait "$process"
		is "SIG$signal ends it" "$? $(said '[interrupted]')" '30 yes'
		untouched "SIG$signal"
	done
	start hangs
	qemu-io -f raw hangs -c 'write 0 512' >"$work/io" 2>&1
	ok 'meanwhile nobody writes to the image' grep -q lock "$work/io"
	try --expect 'all is said' speaks
	"$try_disk" -q --accel tcg --expect 'it waits' hangs >/dev/null 2>&1 </dev/null
	is 'another one may read it' "$?" 0
	is 'a QEMU runs' "$(machines | wc -l)" 1
	# The children of the front end are killed with it.
	kill -KILL "$process"
	wait "$process" 2>/dev/null
	gone() { [ -z "$(machines)" ]; }
	ok 'killed, it leaves no QEMU' await gone
	rm -rf "${TMPDIR:?}"/*
	untouched 'killed'
}

ports() {
	port=$((20000 + $$ % 20000))
	start --port "$port:22" hangs
	is '--port: at 127.0.0.1 alone' "$(listening "$port")" '0100007F '
	refused 'a port that is taken' 2 usage "Port $port of this host is not available" --port "$port:80" speaks
	kill "$process"
	wait "$process"
	is 'and no longer' "$(listening "$port")" ''
	untouched ports
}

# What the machine gets as its second disk.
seeds() {
	need 'a seed' xorriso blkid || return
	echo 'ssh-ed25519 AAAAkey somebody@somewhere' >"$work/key.pub"
	echo '-----BEGIN OPENSSH PRIVATE KEY-----' >"$work/key"
	echo 'it is a secret' >"$work/password"
	printf '#cloud-config\nthe: own\n' >"$work/user"
	printf 'instance-id: own\n' >"$work/meta"
	printf 'version: 2\n' >"$work/network"
	start --ssh-key "$work/key.pub" --password-file "$work/password" --hostname a-box hangs
	cp "$TMPDIR"/try-disk.*/seed.iso "$work/seed.iso"
	ok 'the password is on no command line' sh -c "! cat /proc/[0-9]*/cmdline 2>/dev/null | grep -q 'it is a sec[r]et'"
	kill "$process"
	wait "$process"
	is 'its volume is called cidata' "$(blkid -p -o value -s LABEL -s TYPE "$work/seed.iso" | tr '\n' ' ')" 'cidata iso9660 '
	extracted "$work/seed.iso"
	is 'user-data is a cloud-config' "$(head -n 1 "$work/got/user-data")" '#cloud-config'
	tail -n +2 "$work/got/user-data" >"$work/out"
	is 'with the key' "$(field '.ssh_authorized_keys[]')" 'ssh-ed25519 AAAAkey somebody@somewhere'
	hash=$(field .password)
	is 'and a hash of the password' "$(perl -e 'print crypt("it is a secret", $ARGV[0]) eq $ARGV[0] && $ARGV[0] =~ /^\$6\$/ ? "yes" : "no"' "$hash")" yes
	cp "$work/got/meta-data" "$work/out"
	is 'meta-data has the name' "$(field '."instance-id",."local-hostname"')" 'try-disk a-box'
	start --user-data "$work/user" --meta-data "$work/meta" --network-config "$work/network" hangs
	cp "$TMPDIR"/try-disk.*/seed.iso "$work/seed.iso"
	kill "$process"
	wait "$process"
	extracted "$work/seed.iso"
	is 'files of the user are taken as they are' "$(cat "$work/got/user-data" "$work/got/meta-data" "$work/got/network-config")" "$(cat "$work/user" "$work/meta" "$work/network")"
	for attach in ide usb; do
		try --attach "$attach" --hostname a-box speaks
		is "a seed beside a disk at $attach" "$status $(console 'all is said')" '0 1'
	done
	refused 'a private key' 2 usage 'no ssh public key' --ssh-key "$work/key" speaks
	printf 'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n' >"$work/key.ppk"
	refused 'a private key of PuTTY' 2 usage 'no ssh public key' --ssh-key "$work/key.ppk" speaks
	printf 'ssh-ed25519 AAAAkey m\374ller\n' >"$work/latin.pub"
	refused 'a key whose comment is not UTF-8' 2 usage 'is not UTF-8' --ssh-key "$work/latin.pub" speaks
	refused 'a key that is not there' 2 usage 'cannot be read' --ssh-key "$work/none" speaks
	refused 'no password' 2 usage 'password is empty' --password-file /dev/null speaks
	untouched seeds
}

extracted() {
	rm -rf "$work/got"
	mkdir "$work/got"
	osirrox -indev "stdio:$1" -extract / "$work/got" >/dev/null 2>&1
	chmod -R u+rwX "$work/got"
}

kernels() {
	[ -e "$build/kernel" ] || { skip '--kernel' 'the kernel is not built' && return; }
	try --kernel "$build/kernel" --append 'console=ttyS0 panic=-1 word.of.ours' --expect 'command line: .*word\.of\.ours' empty
	is '--kernel, and --append' "$status" 0
	untouched kernels
}

# The directory is the root of a system, by 9p: its init is a script for our busybox.
shares() {
	busybox=$build/parts/busybox/bin/busybox
	[ -e "$build/kernel" ] && [ -e "$busybox" ] || { skip '--share' 'kernel and busybox are not built' && return; }
	mkdir -p "$work/root, of é/dev"
	cp "$busybox" "$work/root, of é/busybox"
	cat >"$work/root, of é/init" <<'END'
#!/busybox sh
echo "from the host: $(/busybox cat /note)"
echo 'from the guest' >/answer && echo 'is written' || echo 'is read-only'
/busybox poweroff -f
END
	chmod 755 "$work/root, of é/init"
	echo 'it is a note' >"$work/root, of é/note"
	for way in ro rw; do
		set -- --share "$work/root, of é" --kernel "$build/kernel" \
			--append "console=ttyS0 quiet root=share rootfstype=9p rootflags=trans=virtio,version=9p2000.L rw init=/init"
		[ "$way" = ro ] || set -- --share-rw "$@"
		try "$@" empty
		is "--share, $way: the root of a system" "$status $(console 'from the host: it is a note')" '0 1'
		is "--share, $way: what it may" "$(console 'is written') $(console 'is read-only') $(cat "$work/root, of é/answer" 2>/dev/null)" \
			"$([ "$way" = rw ] && echo '1 0 from the guest' || echo '0 1 ')"
	done
	refused 'no directory to share' 2 usage 'There is no directory nosuch' --share nosuch empty
	refused '--share-rw without --share' 2 usage 'needs --share' --share-rw empty
	refused '--share-rw of the image' 2 usage 'cannot share' --share-rw --share . empty
	untouched shares
}

uefi() {
	need 'UEFI' grub-mkimage mkfs.fat mcopy || return
	[ -e /usr/lib/grub/x86_64-efi ] || { skip UEFI 'the package grub-efi-amd64-bin is not here' && return; }
	[ -e /usr/share/OVMF ] || { skip UEFI 'the package ovmf is not here' && return; }
	"$images/uefi-disk" uefi.img 40M 'echo "Linux version 0"
		echo "all is said"
		halt'
	sums=$(sums)
	try uefi.img
	is 'UEFI: a disk with an ESP and no boot code' "$status $(said 'with UEFI (OVMF)') $(console 'all is said')" '0 yes 1'
	untouched UEFI
}

consoles
expects
refusals
ends
ports
seeds
kernels
shares
uefi
is 'no QEMU is left' "$(machines)" ''
done_testing
