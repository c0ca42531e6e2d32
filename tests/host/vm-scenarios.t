#!/bin/sh
# rescue-vm against a QEMU that plays bad guests: exit status, reason of the
# last event, and that nothing is left running. BUILD: folder of rescue-vm.
set -u

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
build=$(cd "$build" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count=0
export FAKE_QEMU_DIR="$work" XDG_CACHE_HOME="$work/cache"

mkdir -p "$work/guest" "$work/a disk, with ünusual name"
echo kernel >"$work/guest/kernel"
echo initramfs >"$work/guest/initramfs.cpio"
echo test-build >"$work/guest/build-id"
disk="$work/a disk, with ünusual name/disk, 1.qcow2"
echo disk >"$disk"

ok() { # ok NAME STATUS
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		sed 's/^/# /' "$work/events" "$work/stderr" 2>/dev/null
	fi
}

vm() { # vm SCENARIO [OPTION...]: sets $status
	scenario=$1
	shift
	rm -f "$work/pids" "$work/arguments" "$work/qmp" "$work/request"
	FAKE_QEMU=$scenario "$build/rescue-vm" --qemu "$here/fake-qemu" --guest "$work/guest" \
		--disk "$disk" --format qcow2 --events "$work/events" --progress none \
		--stall-seconds 1 --hello-seconds 1 --accel tcg "$@" 2>"$work/stderr"
	status=$?
}

last() { # last FIELD: its value in the last event
	tail -n 1 "$work/events" | sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",}]*\).*/\1/p'
}

nothing_left() {
	[ -f "$work/pids" ] || return 0
	while read -r pid; do
		! kill -0 "$pid" 2>/dev/null || return 1
	done <"$work/pids"
}

ends_with() { # ends_with NAME STATUS REASON: after vm
	[ "$status" -eq "$2" ] && [ "$(last reason)" = "$3" ] && nothing_left && [ ! -s "$work/stderr" ]
	ok "$1: exit status $status, reason $(last reason)" $?
}

scenario_ends() { # scenario_ends SCENARIO STATUS REASON [OPTION...]
	name=$1 expected=$2 reason=$3
	shift 3
	vm "$name" "$@"
	ends_with "$name" "$expected" "$reason"
}

says() { # says WHAT TEXT: in the last event
	tail -n 1 "$work/events" | grep -qF -- "$2"
	ok "$1" $?
}

# -- good guests --------------------------------------------------------------
vm ok
[ "$status" -eq 0 ] && [ "$(last event)" = "done" ] && nothing_left
ok "ok: done" $?
grep -q '"event":"machine","accel":"tcg","qemu":"7.2.22","memory_mib":256,"host_ms":' "$work/events"
ok "ok: the machine is told" $?
! grep -qv '"host_ms":[0-9]*}$' "$work/events"
ok "ok: each event has host_ms" $?
grep -qF '"filename":"./disk, 1.qcow2"' "$work/qmp" || grep -qF '"filename": "./disk, 1.qcow2"' "$work/qmp"
ok "ok: the name of the disk reaches QEMU unharmed" $?
grep -q '"request":"grow"' "$work/request" && grep -q '"time_unix_s":[1-9]' "$work/request"
ok "ok: the request has the time" $?
! tr '\037' '\n' <"$work/arguments" | grep -q -e '^-drive' -e '^-net' -e 'path='
ok "ok: no disk, no network, no socket path in the arguments" $?

vm unchanged
[ "$status" -eq 0 ] && [ "$(last changed)" = false ]
ok "unchanged: done" $?
vm plan --plan --partition 2 --repair all
[ "$status" -eq 0 ] && [ "$(last changed)" = false ] && grep -q '"read-only":true' "$work/qmp" &&
	grep -q '"request":"plan","protocol":1,"partition":2,"repair":"all"' "$work/request"
ok "plan: the disk is read-only, and the request says so" $?
vm no-sandbox
[ "$status" -eq 0 ] && [ "$(wc -l <"$work/pids")" -eq 2 ]
ok "no-sandbox: tried again without" $?
vm no-exit
[ "$status" -eq 0 ] && [ "$(last event)" = "done" ] && nothing_left
ok "no-exit: a guest that is done but does not power off is ended" $?

# -- the guest reports --------------------------------------------------------
scenario_ends fault 10 mbr-2tib
scenario_ends escape 10 fs-unknown
! LC_ALL=C grep -q -e "$(printf '\033')" -e '\\u001b' -e '\\u001B' "$work/events" &&
	! grep -q "$(printf '\342\200\256')" "$work/events"
ok "escape: nothing that steers a terminal gets through" $?

# -- bad guests ---------------------------------------------------------------
for name in garbage not-json flood long-line nested early-done no-verify bad-check second-hello \
	unknown-event unknown-reason wrong-status after-done bad-build early-disk not-hello; do
	scenario_ends "$name" 70 guest-protocol
done
! grep -q '"event":"done"' "$work/events"
ok "a run that failed has no done" $?
scenario_ends hang 30 stalled
says "hang: the last stage is told" "its last stage was reading"
scenario_ends chatty-console 30 stalled --console "$work/console"
[ "$(wc -c <"$work/console")" -le 1048576 ]
ok "chatty-console: the copy is bounded" $?
scenario_ends no-hello 30 stalled
scenario_ends no-qmp 30 stalled
scenario_ends not-qmp 70 internal
scenario_ends abort 70 guest-died
says "abort: the signal is told" "signal 6"
scenario_ends exit 70 guest-died
says "exit: QEMU's sentence is told" "31mcould not load kernel"
scenario_ends die 70 guest-died
says "die: the console's last line is told" "Kernel panic - not syncing"
scenario_ends crash 70 guest-died
scenario_ends bad-exit 70 guest-died
scenario_ends no-memory 30 no-memory

# -- the host's disk ----------------------------------------------------------
scenario_ends nospace 30 no-space
scenario_ends quota 30 no-space
scenario_ends read-error 30 disk-io
scenario_ends bad-disk 30 disk-io
says "bad-disk: QEMU's sentence is told" "Image is not in qcow2 format"
scenario_ends ok 30 disk-io --disk "$work/missing"
scenario_ends ok 40 no-qemu --qemu qemu-that-is-not-there
says "no-qemu: what to install is told" "apt install qemu-system-x86"
scenario_ends ok 40 no-guest --guest "$work"

# -- accelerators -------------------------------------------------------------
scenario_ends abort 40 no-accelerator --accel kvm
scenario_ends no-hello 40 no-accelerator --accel kvm
if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	vm kvm-aborts --accel auto
	[ "$status" -eq 0 ] && [ "$(wc -l <"$work/pids")" -eq 2 ]
	ok "kvm-aborts: tcg is taken" $?
	vm kvm-aborts --accel auto
	[ "$status" -eq 0 ] && [ "$(wc -l <"$work/pids")" -eq 1 ]
	ok "kvm-aborts: the answer is remembered" $?
	for memory in '' '{' '[]' '{"key":1}' "$(head -c 9000 /dev/zero | tr '\0' '{')"; do
		printf '%s' "$memory" >"$work/cache/grow-disk/accel"
		vm kvm-aborts --accel auto
		[ "$status" -eq 0 ] && [ "$(wc -l <"$work/pids")" -eq 2 ]
		ok "a memory that makes no sense is ignored" $?
	done
	rm -rf "$work/cache"
	vm kvm-hangs --accel auto
	[ "$status" -eq 0 ] && [ "$(wc -l <"$work/pids")" -eq 2 ] && nothing_left
	ok "kvm-hangs: tcg is taken" $?
	rm -rf "$work/cache"
	vm ok --accel auto
	[ "$status" -eq 0 ] && grep -q '"accel":"kvm"' "$work/events"
	ok "auto: kvm is taken when it works" $?
	rm -rf "$work/cache"
	echo file >"$work/cache"
	vm kvm-aborts --accel auto
	[ "$status" -eq 0 ]
	ok "a cache that cannot be written does not matter" $?
elif [ "${MUST_RUN:-0}" = 1 ]; then
	ok "fallback: /dev/kvm cannot be opened here, but MUST_RUN=1" 1
else
	count=$((count + 1))
	echo "ok $count - fallback # SKIP /dev/kvm cannot be opened here"
fi

# -- the command line ---------------------------------------------------------
for arguments in "--frobnicate" "--memory" "--memory 1x" "--memory -1" "--accel xen" \
	"--format vmdk" "--partition 0" "extra" "--stall-seconds 99999999999999999999"; do
	# shellcheck disable=SC2086 # several words are meant
	vm ok $arguments
	[ "$status" -eq 2 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -f "$work/pids" ]
	ok "usage: $arguments" $?
done
"$build/rescue-vm" --help | grep -q '^usage: rescue-vm' && "$build/rescue-vm" --version | grep -q rescue-vm
ok "--help and --version" $?

FAKE_QEMU=ok "$build/rescue-vm" --qemu "$here/fake-qemu" --guest "$work/guest" --disk "$disk" \
	--format qcow2 --events "$work/events" --progress none --accel tcg <&- >&- 2>&- &&
	[ "$(last event)" = "done" ]
ok "closed standard descriptors do no harm" $?

# -- progress -----------------------------------------------------------------
vm ok --progress lines
[ "$(wc -l <"$work/stderr")" -eq 6 ] && ! grep -q '%' "$work/stderr"
ok "lines: one for each stage" $?
vm ok --progress bar
tail -c 4 "$work/stderr" | grep -q "$(printf '\r\033')"
ok "bar: cleared at the end" $?

# -- life and death -----------------------------------------------------------
start() { # start: rescue-vm in the background with a guest that hangs; sets $vm and $qemu
	rm -f "$work/pids" "$work/events"
	FAKE_QEMU=hang "$build/rescue-vm" --qemu "$here/fake-qemu" --guest "$work/guest" \
		--disk "$disk" --format qcow2 --events "$work/events" --progress none --accel tcg \
		2>"$work/stderr" &
	vm=$!
	await grep -q '"event":"beat"' "$work/events"
	qemu=$(cat "$work/pids")
}

await() { # await COMMAND...: until it succeeds, at most 10 s
	tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || return 1
		sleep 0.05
	done
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

for signal in INT TERM HUP; do
	start
	kill -s "$signal" "$vm"
	wait "$vm"
	status=$?
	gone "$qemu"
	ok "SIG$signal: QEMU is gone when rescue-vm has ended" $?
	ends_with "SIG$signal" 30 interrupted
done

start
kill -s KILL "$vm"
wait "$vm" 2>/dev/null
await gone "$qemu"
ok "SIGKILL of rescue-vm: QEMU is gone" $?

# The parent in the middle is a shell that waits, as grow-disk does.
rm -f "$work/pids" "$work/events"
FAKE_QEMU=hang sh -c '"$@" & echo $! >"$FAKE_QEMU_DIR/vm"; wait' sh \
	"$build/rescue-vm" --qemu "$here/fake-qemu" --guest "$work/guest" --disk "$disk" \
	--format qcow2 --events "$work/events" --progress none --accel tcg 2>"$work/stderr" &
parent=$!
await grep -q '"event":"beat"' "$work/events"
kill -s KILL "$parent"
wait "$parent" 2>/dev/null
await gone "$(cat "$work/pids")" && await gone "$(cat "$work/vm")"
ok "SIGKILL of its parent: both are gone" $?
[ "$(last reason)" = interrupted ]
ok "SIGKILL of its parent: the reason is told" $?

echo "1..$count"
