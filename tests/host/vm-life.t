#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Life and death of grow-disk-host machine: signals to it, its own end and its
# parent's; its keeper and QEMU are gone each time.
tests=$(dirname -- "$0")/..
# shellcheck source=tests/host/vm-lib.sh
. "$tests/host/vm-lib.sh"
bound=''
FAKE_QEMU=hang
export FAKE_QEMU

test_cleanup() {
	for pid in $vm $keeper $(noted pid); do
		kill -s KILL "$pid" 2>/dev/null
	done
}
vm='' keeper=''

child_of() {
	tr -d " " <"/proc/$1/task/$1/children"
}

start() { # start [OPTION...]: in the background with a guest that hangs; sets $vm and its $keeper
	rm -f "$events" "$console"
	vm_program --stall-seconds 30 "$@" 2>"$stderr" &
	vm=$!
	await grep -q '"event":"beat"' "$events"
	keeper=$(child_of "$vm")
}

for signal in INT TERM HUP; do
	start
	kill -s "$signal" "$vm"
	wait "$vm"
	status=$?
	is "SIG$signal: there was a QEMU" "$(noted pid | wc -l)" 1
	ends "SIG$signal: QEMU is gone when it has ended" 30 interrupted
	ok "SIG$signal: and so is the keeper" gone "$keeper"
done

start
kill -s KILL "$vm"
wait "$vm" 2>/dev/null
ok "SIGKILL: QEMU is gone" await nothing_left
ok "SIGKILL: the keeper is gone" await gone "$keeper"

start
kill -s KILL "$keeper"
wait "$vm" 2>/dev/null
status=$?
ok "SIGKILL of the keeper: QEMU is gone" await nothing_left
ends "SIGKILL of the keeper: it is told" 70 guest-died
says "SIGKILL of the keeper: and how" "signal 9"

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
ok "SIGKILL of its parent: it is gone" await gone "$vm"
ok "SIGKILL of its parent: QEMU is gone" await nothing_left
is "SIGKILL of its parent: the reason is told" "$(last reason)" interrupted

# Stopped as by Ctrl-Z, with QEMU, for longer than the guest may be silent, and sent on.
FAKE_QEMU=qmp-silent
start --stall-seconds 4 --deadline-seconds 600
for pid in "$vm" "$keeper" $(noted pid); do kill -s STOP "$pid"; done
sleep 6
kill -s CONT "$vm" "$keeper"
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
