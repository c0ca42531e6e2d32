# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the vm-*.t files share: grow-disk-host machine, built with sanitizers, against a QEMU
# that plays guests by script. To be sourced with $tests set to the folder tests/.
#
#   vm SCENARIO [OPTION...]           runs it; sets $status
#   ends NAME STATUS REASON           how it ended; and that it left nothing
#   scenario_ends SCENARIO STATUS REASON [OPTION...]
#   last FIELD                        its value in the last event
#   says NAME TEXT                    the last event has it
#   noted WHAT                        what the false QEMU noted of it, a line each
# shellcheck disable=SC2034,SC2154  # variables are for the test files

set -u
# shellcheck source=/dev/null  # checked by itself
. "$tests/lib/tap.sh"

bound='timeout -k 1 60' no_warm=--no-warm
host=$build/asan/grow-disk-host
fake_qemu=$tests/host/fake-qemu
export FAKE_QEMU_DIR="$work/around" XDG_CACHE_HOME="$work/cache"
events=$work/events console=$work/console stderr=$work/stderr

mkdir -p "$work/around" "$work/guest" "$work/a disk, with ünusual name"
echo kernel >"$work/guest/kernel"
echo initramfs >"$work/guest/initramfs.cpio"
echo test-build >"$work/guest/build-id"
disk="$work/a disk, with ünusual name/disk, 1.qcow2"
echo disk >"$disk"
export FAKE_QEMU_DISK="$disk"

vm_program() { # vm_program [OPTION...]: becomes it
	# shellcheck disable=SC2086  # several words, or none
	exec $bound "$host" machine --qemu "$fake_qemu" --guest "$work/guest" --disk "$disk" --format qcow2 \
		--events "$events" --console "$console" --progress none --stall-seconds 1 --hello-seconds 2 --accel tcg $no_warm "$@"
}

vm() {
	rm -f "$events" "$console"
	FAKE_QEMU=$1
	export FAKE_QEMU
	shift
	(vm_program "$@") 2>"$stderr"
	status=$?
}

noted() {
	[ ! -f "$console" ] || tr -d '\r' <"$console" | sed -n "s/^NOTE $1 //p"
}

machines() { # how many QEMUs there were
	noted arguments | wc -l
}

last() {
	tail -n 1 "$events" | sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",}]*\).*/\1/p'
}

gone() { # gone PID...
	for pid; do
		! kill -0 "$pid" 2>/dev/null || return 1
	done
}

nothing_left() {
	# shellcheck disable=SC2046  # one word each
	gone $(noted pid)
}

# A failure shows all of it.
show() {
	[ "$1" -ne 0 ] || return 0
	sed 's/^/#   /' "$events" "$stderr" 2>/dev/null | head -n 40
}

ends() {
	left=nothing
	nothing_left || left=processes
	is "$1" "status $status, reason $(last reason), left: $left, stderr: $(cat "$stderr")" \
		"status $2, reason $3, left: nothing, stderr: " || show 1
}

is_done() { # is_done NAME
	left=nothing
	nothing_left || left=processes
	is "$1" "status $status, $(last event), left: $left, stderr: $(cat "$stderr")" "status 0, done, left: nothing, stderr: " ||
		show 1
}

scenario_ends() {
	scenario=$1 expected=$2 reason=$3
	shift 3
	vm "$scenario" "$@"
	ends "$scenario" "$expected" "$reason"
}

says() {
	tail -n 1 "$events" >"$work/last"
	ok "$1" grep -F -- "$2" "$work/last"
}

# The kernel's version of Landlock, or nothing. The number of the call is the same for every processor.
landlock_abi() {
	perl -e 'my $version = syscall(444, 0, 0, 1); print $version if $version > 0'
}
