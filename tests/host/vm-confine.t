#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What QEMU may do to the host: a false one tries what one that was taken over
# would; the real one works within the same bounds (docs/decisions/6-confinement.md).
tests=$(dirname -- "$0")/..
# shellcheck source=tests/host/vm-lib.sh
. "$tests/host/vm-lib.sh"
limit=1000000
export FAKE_QEMU_DISK_MAX=$limit
margin_mib=4096

around() { # a folder with things that are QEMU's business, and things that are not
	rm -rf "$work/around"
	mkdir "$work/around"
	umask 022
	echo given >"$work/around/given"
	echo secret >"$work/around/secret"
	rm -rf "${disk%/*}"
	mkdir "${disk%/*}"
	echo disk >"$disk"
}

can() { # can WHAT ANSWER [NAME]
	is "${3:-$scenario}: $1" "$(noted can | sed -n "s/^$1: //p")" "$2"
}

denied='Permission denied'
abi=$(landlock_abi)
diag "Landlock: ${abi:-none}"

# -- the limits, with and without Landlock ------------------------------------
scenario=probe
around
vm probe --read "$work/around/given" --disk-max-bytes $limit --memory 512
is_done "probe"
is "limits: address space, the guest's memory and a margin" "$(noted limits | sed -n 's/^Max address space  *\([0-9]*\) .*/\1/p')" \
	$(((512 + margin_mib) * 1048576))
is "limits: file size" "$(noted limits | sed -n 's/^Max file size  *\([0-9]*\) .*/\1/p')" $limit
is "limits: no core" "$(noted limits | sed -n 's/^Max core file size  *\([0-9]*\) .*/\1/p')" 0
is "no new privileges" "$(noted status | sed -n 's/^NoNewPrivs:[[:blank:]]*//p')" 1
can 'write the disk' yes
can 'write up to the limit' yes
can 'write behind the limit' 'File too large'
is "the disk is as large as it may be" "$(stat -c %s "$disk")" $limit
can 'make a UDP socket' "$denied"
can 'make a Unix socket' "$denied"
can 'connect by TCP' "$denied"
can 'cut a file' "$denied"
can 'cut a file by opening it' "$denied"
can 'change a mode' "$denied"
can 'change a mode by a descriptor' "$denied"
can 'change times' "$denied"
is "what was given is as it was" "$(cat "$work/around/given") $(stat -c %a "$work/around/given")" 'given 644'
vm ok --disk-max-bytes $limit
is_done "a limit that is not reached"
vm too-large --disk-max-bytes $limit
ends "too-large" 30 no-space
says "too-large: the limit is told" "reached its limit, 976"
vm too-large
ends "too-large, without a limit of ours" 30 no-space
says "too-large, without a limit of ours: the host's is told" "disk is full: File too large"

# -- the file system ----------------------------------------------------------
landlocked() {
	scenario="with --read"
	around
	vm probe --read "$work/around/given"
	is_done "$scenario"
	ok "$scenario: the event tells" grep -q '"event":"machine".*"confined":true' "$events"
	can 'read what was given' yes
	can 'write what was given' "$denied"
	can 'read a secret' "$denied"
	can 'list a folder' "$denied"
	can 'make a file' "$denied"
	can 'make a file beside the disk' "$denied"
	can 'rename the disk' "$denied"
	can 'remove a file' "$denied"
	can 'write the disk' yes
	can 'open the disk again' "$denied"
	[ "$abi" -lt 6 ] || can 'signal its parent' 'Operation not permitted'
	is "$scenario: no file was made or lost" "$(cd "$work/around" && echo ./*) $(ls "${disk%/*}")" \
		"./given ./secret disk, 1.qcow2"

	for option in '--read /' ''; do
		around
		# shellcheck disable=SC2086  # two words, or none
		vm probe $option
		is_done "with ${option:-no --read}"
		can 'read a secret' yes "with ${option:-no --read}"
		can 'list a folder' yes "with ${option:-no --read}"
		can 'make a file' "$denied" "with ${option:-no --read}"
		can 'write what was given' "$denied" "with ${option:-no --read}"
	done

	scenario="with --plan"
	around
	vm probe-plan --plan
	is_done "$scenario"
	can 'write the disk' 'Bad file descriptor'
	can 'open the disk again' "$denied"

	scenario="a link to the disk"
	around
	mkdir "$work/links"
	ln -s "$disk" "$work/links/the log"
	vm probe --read "$work/around/given" --disk "$work/links/the log"
	is_done "$scenario"
	can 'write the disk' yes
	can 'make a file beside the disk' "$denied"

	# A QEMU that needs more than it gets is tried again, and it is told.
	around
	vm needs-more --read "$work/around/given"
	is_done "needs-more"
	is "needs-more: two machines" "$(machines)" 2
	ok "needs-more: the event tells" grep -q '"event":"machine".*"confined":false' "$events"
}

if [ -n "$abi" ]; then
	landlocked
else
	skip "what QEMU sees of the file system" "this kernel has no Landlock"
	vm ok
	is_done "without Landlock"
	ok "without Landlock: the event tells" grep -q '"event":"machine".*"confined":false' "$events"
fi

# -- the real QEMU ------------------------------------------------------------
image=$work/image.raw
log=$work/image.raw.log
qemu_pid=''
confined=false
[ -z "$abi" ] || confined=true

test_cleanup() {
	[ -z "$qemu_pid" ] || kill -s KILL "$qemu_pid" 2>/dev/null
}

real() { # real [OPTION...]: a real grow to 4 GiB begins; sets $real_vm
	rm -f "$log" "$events"
	qemu-img create -q -f qcow2 -b "$image" -F raw "$log" 4G
	timeout -k 1 100 "$host" machine --disk "$log" --format qcow2 --guest "$build" --events "$events" --progress none \
		--accel tcg "$@" 2>"$stderr" &
	real_vm=$!
}

child_of() {
	cat "/proc/$1/task/$1/children" 2>/dev/null
}

real_runs() {
	"$tests/images/openwrt-disk" "$image"
	real --read "$image" --disk-max-bytes 1000000000 --memory 300
	await grep -q '"event":"machine"' "$events"
	# timeout, then our program, then its keeper, then QEMU
	# shellcheck disable=SC2046  # one word, or none
	qemu_pid=$(child_of $(child_of $(child_of "$real_vm")))
	qemu_pid=${qemu_pid% }
	cp "/proc/$qemu_pid/limits" "/proc/$qemu_pid/status" "$work/" 2>/dev/null
	wait "$real_vm"
	is "real: exit status" "$?" 0
	is "real: done" "$(last event)" "done" || show 1
	ok "real: the event tells" grep -q '"event":"machine".*"confined":'$confined "$events"
	is "real: address space" "$(sed -n 's/^Max address space  *\([0-9]*\) .*/\1/p' "$work/limits")" \
		$(((300 + margin_mib) * 1048576))
	is "real: file size" "$(sed -n 's/^Max file size  *\([0-9]*\) .*/\1/p' "$work/limits")" 1000000000
	is "real: no new privileges, and a filter" "$(sed -n 's/^\(NoNewPrivs\|Seccomp\):[[:blank:]]*//p' "$work/status" | tr '\n' ' ')" \
		"1 2 "
	ok "real: QEMU is gone" gone "$qemu_pid"
	qemu_pid=''

	real --read "$image" --disk-max-bytes 400000
	wait "$real_vm"
	is "real: the log reaches its limit" "$? $(last reason)" "30 no-space"
	says "real: and it is told" "reached its limit, 390 KiB"
	ok "real: the log is not larger" [ "$(stat -c %s "$log")" -le 400000 ]
	[ -n "$abi" ] || return 0
	real --read "$work/guest/kernel"
	wait "$real_vm"
	is "real: an image that was not given cannot be read" "$? $(last reason)" "30 disk-io"
	says "real: and it is told" "Permission denied"
}

if need "the real QEMU" qemu-system-x86_64 qemu-img; then
	real_runs
fi
done_testing
