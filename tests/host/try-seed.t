#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# try-disk --seed: the seed for cloud-init over HTTP, with iPXE as a guest that can fetch it, in the real QEMU; and with a guest that
# calls home at once. No file is reachable but those of the seed, and nothing of the host.
# shellcheck disable=SC2154  # source_tree, images and work come from tap.sh, status and try_disk from try.sh
set -u
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/try.sh
. "$tests/lib/try.sh"
need 'try-disk --seed' qemu-system-x86_64 qemu-img qemu-storage-daemon jq || done_testing

truncate -s 8M hangs
"$images/boot-sector" hangs 'it waits\n' '' hang
sums=$(sums)
ipxe=/boot/ipxe.lkrn

# fetches SCRIPT ARGUMENT...: iPXE runs the script, until it says that all is said
fetches() {
	printf '#!ipxe\ndhcp\n%b\necho all is said\n' "$1" >"$work/script"
	shift
	try --verbose --seed http --memory 128 --kernel "$ipxe" --initrd "$work/script" --expect '^all is said' --timeout 100 "$@" hangs
}

by_a_guest() {
	[ -e "$ipxe" ] || { skip 'a seed over HTTP' 'the package ipxe is not here' && return; }
	printf '#!ipxe\necho text of the seed\n' >"$work/user"
	fetches 'chain http://10.0.2.100/user-data' --user-data "$work/user"
	is 'a guest fetches the user-data' "$status $(console 'text of the seed') $(said 'GET /user-data: 200 OK')" '0 1 yes'
	is 'no program for a disk is started' "$(grep -c xorriso "$work/err")" 0
	head -c 600000 /dev/zero >"$work/big"
	fetches 'imgfetch --name big http://10.0.2.100/user-data\nimgfetch --name meta http://10.0.2.100/meta-data\nimgstat' --user-data "$work/big"
	is 'a large file, and one after it' "$status $(console 'big : 600000 bytes') $(console 'meta : ')" '0 1 1'
	fetches 'imgfetch http://10.0.2.100/vendor-data || echo no vendor-data\nimgfetch http://10.0.2.100/user || echo no user'
	is 'an empty file is there, another one is not' "$status $(console 'no vendor-data') $(console 'no user') $(said 'GET /vendor-data: 200 OK') $(said 'GET /user: 404 Not Found')" '0 0 1 yes yes'
	# shellcheck disable=SC2016 # iPXE expands it
	fetches 'echo serial is ${serial}'
	is 'SMBIOS says where it is' "$status $(console 'serial is ds=nocloud;s=http://10.0.2.100/;dsmode=net')" '0 1'
	perl -MIO::Socket::INET -e '
		$host = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
		print $host->sockport, "\n"; close STDOUT; $SIG{ALRM} = sub { exit }; alarm 300; print { \*STDERR } "reached\n" while $host->accept' >"$work/port" 2>"$work/reached" &
	listener=$!
	await test -s "$work/port"
	fetches "imgfetch http://10.0.2.2:$(cat "$work/port")/x || echo no way out\nimgfetch http://10.0.2.100:81/x || echo no other port"
	kill "$listener"
	is 'no way out, and no other port' "$status $(console 'no way out') $(console 'no other port') $(cat "$work/reached")" '0 1 1 '
	untouched 'a seed over HTTP'
}

# calls REQUESTS ARGUMENT...: a guest that asks for that
calls() {
	FAKE_REQUESTS=$1
	export FAKE_REQUESTS
	shift
	GROW_DISK_QEMU=$tests/host/fake-caller try --seed http --timeout 20 "$@" hangs
}

calls_home() {
	form='hostname=a-box&fqdn=a-box.lan&instance_id=try-disk&pub_key_rsa=N%2FA&pub_key_ed25519=ssh-ed25519+AAA%0A'
	call="POST /phone-home HTTP/1.1\r\nContent-Length: ${#form}\r\n\r\n$form"
	calls "GET /meta-data HTTP/1.1\r\n\r\n|$call" --json --wait-for cloud-init
	is 'a call home is the end of cloud-init' "$status $(field .end,.milestone) $(said 'called home from a-box')" '0 expected cloud-init yes'
	is 'and says who called' "$(field '.phone_home | .hostname,.fqdn,.instance_id,.public_keys[]')" 'a-box a-box.lan try-disk ssh-ed25519 AAA'
	calls "$call" --json --wait-for login
	is 'it is more than a login prompt' "$status $(field .end,.milestone)" '0 expected cloud-init'
	calls 'nonsense\r\n\r\n|DELETE /user-data HTTP/1.1\r\n\r\n|GET /phone-home HTTP/1.1\r\n\r\n|GET /meta-data HTTP/1.1\r\n\r\n' --verbose --expect '^answer: HTTP/1.1 200 OK'
	is 'what is no request for a file, is refused' "$status $(console 'answer: HTTP/1.1 400 Bad Request') $(console 'answer: HTTP/1.1 405 Method Not Allowed')" '0 1 2'
	is '--verbose tells each' "$(said 'no request that is understood: 400 Bad Request') $(said 'GET /phone-home: 405 Method Not Allowed')" 'yes yes'
	calls 'GET /meta-data HTTP/1.1\r\n\r\n|off' --json --wait-for cloud-init
	is 'without a call: it is not the end' "$status $(field .phone_home,.milestone,.reason,.hint)" '20 null kernel boot-not-proven null'
	hint='It has not asked for its seed: try --seed=iso'
	calls off --json --wait-for cloud-init
	is 'a system that does not ask: a hint' "$status $(field .reason,.hint)" "20 boot-not-proven $hint"
	try --json --seed http --wait-for login --timeout 2 hangs
	is 'also when its time is over' "$status $(field .reason,.hint)" "30 stalled $hint"
	untouched 'a call home'
}

# What the guest would get, from the folder of the run.
made() {
	start --seed http --hostname a-box hangs
	tail -n +2 "$TMPDIR"/try-disk.*/user-data >"$work/out"
	is 'user-data that is made asks for a call' "$(field .phone_home.url,.phone_home.tries,'(.phone_home.post | length)')" 'http://10.0.2.100/phone-home 3 6'
	is 'no disk is made' "$(find "$TMPDIR" -name '*.iso')" ''
	is 'nobody listens on the host' "$(listening)" ''
	kill "$process"
	wait "$process"
	start --seed http --port "$((20000 + $$ % 20000)):22" hangs
	is 'but with --port' "$(listening | wc -l)" 1
	kill "$process"
	wait "$process"
	start --seed iso hangs
	tail -n +2 "$TMPDIR"/try-disk.*/user-data >"$work/out"
	is '--seed iso: a disk, and no call' "$(field .phone_home) $(find "$TMPDIR" -name seed.iso | wc -l)" 'null 1' || diag "$(cat "$work/err")"
	kill "$process"
	wait "$process"
	refused 'another way' 2 usage "--seed cannot be 'ftp'" --seed ftp hangs
	untouched 'what is made'
}

# listening: the sockets of QEMU that listen, as lines of /proc
listening() {
	for listening_pid in $(machines); do
		find "/proc/$listening_pid/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null
	done | tr -dc '0-9\n' | sort -u | while IFS= read -r listening_inode; do
		awk -v inode="$listening_inode" '$4 == "0A" && $10 == inode' /proc/net/tcp /proc/net/tcp6
	done
}

by_a_guest
calls_home
made
is 'no QEMU is left' "$(machines)" ''
done_testing
