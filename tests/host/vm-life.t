#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Life and death of rescue-vm: signals to it, its own end and its parent's; QEMU
# is gone each time.
tests=$(dirname -- "$0")/..
# shellcheck source=tests/host/vm-lib.sh
. "$tests/host/vm-lib.sh"
bound=''
FAKE_QEMU=hang
export FAKE_QEMU

test_cleanup() {
	for pid in $vm $(noted pid); do
		kill -s KILL "$pid" 2>/dev/null
	done
}
vm=''

start() { # start [OPTION...]: rescue-vm in the background with a guest that hangs; sets $vm
	rm -f "$events" "$console"
	vm_program --stall-seconds 30 "$@" 2>"$stderr" &
	vm=$!
	await grep -q '"event":"beat"' "$events"
}

for signal in INT TERM HUP; do
	start
	kill -s "$signal" "$vm"
	wait "$vm"
	status=$?
	is "SIG$signal: there was a QEMU" "$(noted pid | wc -l)" 1
	ends "SIG$signal: QEMU is gone when rescue-vm has ended" 30 interrupted
done

start
kill -s KILL "$vm"
wait "$vm" 2>/dev/null
ok "SIGKILL of rescue-vm: QEMU is gone" await nothing_left

# The parent in the middle is a shell that waits, as grow-disk does.
rm -f "$events" "$console"
(
	vm_program --stall-seconds 30 2>"$stderr" &
	echo $! >"$work/vm"
	wait
) &
parent=$!
await grep -q '"event":"beat"' "$events"
kill -s KILL "$parent"
wait "$parent" 2>/dev/null
vm=$(cat "$work/vm")
ok "SIGKILL of its parent: rescue-vm is gone" await gone "$vm"
ok "SIGKILL of its parent: QEMU is gone" await nothing_left
is "SIGKILL of its parent: the reason is told" "$(last reason)" interrupted

# Stopped as by Ctrl-Z, with QEMU, for longer than the guest may be silent, and sent on.
FAKE_QEMU=qmp-silent
start --stall-seconds 1 --deadline-seconds 60
for pid in "$vm" $(noted pid); do kill -s STOP "$pid"; done
sleep 3
kill -s CONT "$vm"
sleep 0.5
for pid in $(noted pid); do kill -s CONT "$pid"; done
sleep 2
ok "stopped, and sent on: it goes on" kill -0 "$vm"
kill -s TERM "$vm"
wait "$vm"
status=$?
ends "stopped, and sent on: until it is ended" 30 interrupted

# Somebody else's child, which came with the process, is not ours to end.
rm -f "$events" "$console"
FAKE_QEMU=ok
(
	sleep 60 &
	echo $! >"$work/other"
	vm_program 2>"$stderr"
)
status=$?
is_done "born with a child"
ok "born with a child: it lives" kill -0 "$(cat "$work/other")"
ok "born with a child: it can be ended" kill -s KILL "$(cat "$work/other")"
done_testing
