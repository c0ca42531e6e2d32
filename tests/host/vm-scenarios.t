#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-disk-host machine against a QEMU that plays guests: what it makes of a good guest, of
# a guest's own fault, of the host's disk, and of accelerators that do not work.
tests=$(dirname -- "$0")/..
# shellcheck source=tests/host/vm-lib.sh
. "$tests/host/vm-lib.sh"

# -- good guests --------------------------------------------------------------
vm ok
is_done "ok"
ok "ok: the machine is told" grep -q \
	'"event":"machine","accel":"tcg","qemu":"7.2.22","memory_mib":256,"confined":[a-z]*,"start":"cold","host_ms":' "$events"
is "ok: each event has host_ms" "$(grep -cv '"host_ms":[0-9]*}$' "$events")" 0
noted qmp >"$work/qmp"
ok "ok: QEMU gets the disk by descriptor, and takes no lock" grep -q \
	'"file":{"driver":"file","filename":"/dev/fdset/1","locking":"off"}' "$work/qmp"
is "ok: QEMU is not told its name" "$(noted qmp | grep -c -F "${disk##*/}")$(noted arguments | grep -c -F "${disk##*/}")" 00
noted request >"$work/request"
ok "ok: the request has the time" grep -q '"request":"grow".*"time_unix_s":[1-9]' "$work/request"
ok "ok: the request has a seed" grep -qE '"seed":"[0-9a-f]{64}"' "$work/request"
noted arguments | tr '\037' '\n' >"$work/arguments"
is "ok: no disk, no network, no socket path in the arguments" \
	"$(grep -c -e '^-drive' -e '^-net' -e 'path=' "$work/arguments")" 0
is "ok: QEMU's own filter of system calls is on" "$(grep -A 1 '^-sandbox$' "$work/arguments" | tail -n 1)" \
	on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny

vm unchanged
is_done "unchanged"
is "unchanged: is told" "$(last changed)" false
vm plan --plan --partition 2 --repair all
is_done "plan"
is "plan: nothing changed" "$(last changed)" false
noted qmp >"$work/qmp"
ok "plan: the disk is read-only" grep -q '"read-only":true' "$work/qmp"
noted request >"$work/request"
ok "plan: the request says so" grep -q '"request":"plan","protocol":1,"partition":2,"repair":"all"' "$work/request"
vm no-sandbox
is_done "no-sandbox"
is "no-sandbox: tried again without" "$(machines)" 2
vm no-exit
is_done "no-exit: a guest that is done but does not power off is ended"

# -- the guest reports --------------------------------------------------------
scenario_ends fault 10 mbr-2tib
scenario_ends escape 10 fs-unknown
is "escape: nothing that steers a terminal gets through" \
	"$(LC_ALL=C grep -c -i -e "$(printf '\033')" -e '\\u001b' -e "$(printf '\342\200\256')" "$events")" 0
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
says "no-qemu: what to install is told" "apt-get install qemu-system-x86"
scenario_ends ok 40 no-guest --guest "$work"

# -- accelerators -------------------------------------------------------------
scenario_ends abort 40 no-accelerator --accel kvm
scenario_ends no-hello 40 no-accelerator --accel kvm

auto() { # auto NAME SCENARIO MACHINES: under --accel auto it is done after so many
	vm "$2" --accel auto
	is_done "$1"
	is "$1: so many machines" "$(machines)" "$3"
}

main_auto() {
	auto "kvm-aborts: tcg is taken" kvm-aborts 2
	auto "kvm-aborts: the answer is remembered" kvm-aborts 1
	for memory in '' '{' '[]' '{"key":1}' "$(head -c 9000 /dev/zero | tr '\0' '{')"; do
		printf '%s' "$memory" >"$work/cache/grow-disk/accel"
		auto "a memory that makes no sense is ignored" kvm-aborts 2
	done
	rm -rf "$work/cache"
	auto "kvm-hangs: tcg is taken" kvm-hangs 2
	rm -rf "$work/cache"
	auto "kvm is taken when it works" ok 1
	ok "auto: and it is told" grep -q '"accel":"kvm"' "$events"
	rm -rf "$work/cache"
	echo file >"$work/cache"
	auto "a cache that cannot be written does not matter" kvm-aborts 2
}

# Whether this machine has KVM does not matter: the QEMU is played, and so is the device.
: >"$work/kvm"
export GROW_DISK_KVM_DEVICE="$work/kvm"
main_auto
unset GROW_DISK_KVM_DEVICE

# -- the command line ---------------------------------------------------------
for arguments in "--frobnicate" "--memory" "--memory 1x" "--memory -1" "--accel xen" "--format vmdk" "--partition 0" \
	"extra" "--stall-seconds 99999999999999999999" "--disk-max-bytes 0" "--disk-max-bytes 9223372036854775808" \
	"--deadline-seconds 0" "--backing /x" "--backing-format raw" "--command date" "--attach ide" "--guest-arch vax" "--guest-arch aarch64 --attach virtio" "--share-rw" "$(yes -- --read=/x | head -n 65 | tr '\n' ' ')"; do
	# shellcheck disable=SC2086 # several words are meant
	vm ok $arguments
	is "usage: $(printf '%.40s' "$arguments")" "$status, lines: $(wc -l <"$stderr"), machines: $(machines)" \
		"2, lines: 1, machines: 0"
done
is "--help" "$("$host" machine --help | head -n 1 | cut -d ' ' -f 1-3)" "usage: grow-disk-host machine"
FAKE_QEMU=ok
(vm_program <&- >&- 2>&-)
status=$?
: >"$stderr"
is_done "closed standard descriptors do no harm"

# -- a guest of another processor -----------------------------------------------
# option NAME: its value in the arguments of the first machine
option() { noted arguments | head -n 1 | tr '\037' '\n' | grep -A 1 -x -e "$1" | tail -n 1; }
vm ok
is "x86-64: the machine, and its console" "$(option -machine) $(option -append)" \
	"pc,usb=off,vmport=off,accel=tcg console=ttyS0 quiet panic=-1 initcall_blacklist=piix_init noapictimer noreplace-smp"
vm ok --guest-arch aarch64
is "aarch64: the same done" "$status $(last event)" "0 done"
is "aarch64: the machine, and its console" "$(option -machine) $(option -append)" "virt,gic-version=3,accel=tcg console=ttyAMA0 quiet panic=-1"
: >"$work/kvm"
GROW_DISK_KVM_DEVICE=$work/kvm vm ok --guest-arch aarch64 --accel auto
is "aarch64: nothing but emulation is tried" "$status $(machines) $(option -machine)" "0 1 virt,gic-version=3,accel=tcg"
GROW_DISK_GUEST_ARCH=aarch64 vm ok
is "aarch64: by the environment" "$(option -machine)" "virt,gic-version=3,accel=tcg"
GROW_DISK_GUEST_ARCH=vax vm ok
is "a processor that no guest is for" "$status $(grep -c 'no guest for the processor vax' "$stderr")" "2 1"

# -- progress -----------------------------------------------------------------
vm ok --progress lines
is "lines: one for each stage" "$(grep -vc '%' "$stderr")" 6
vm ok --progress bar
is "bar: cleared at the end" "$(tail -c 4 "$stderr" | grep -c "$(printf '\r\033')")" 1
export TERM
TERM=dumb
for style in auto bar; do
	vm ok --progress $style
	is "TERM=dumb, $style: lines, and nothing that steers a terminal" "$(grep -c . "$stderr") $(LC_ALL=C grep -c "$(printf '[\033\r]')" "$stderr")" "6 0"
done
done_testing
