# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Disks that boot by themselves, in QEMU. To be sourced behind tap.sh.
# shellcheck disable=SC2154  # work: of tap.sh

# qemu_disk DISK FORMAT LOG [OPTION]...: becomes QEMU, booting from that disk; the serial console goes to LOG.
qemu_disk() {
	qemu_what=$1 qemu_format=$2 qemu_log=$3
	shift 3
	exec qemu-system-x86_64 -machine pc,accel=tcg -m 256 -nic none -display none -monitor none -no-reboot \
		-serial "file:$qemu_log" -drive "file=$qemu_what,format=$qemu_format,if=ide" "$@"
}

# boots DISK FORMAT LOG [OPTION]...: boots, and waits until it has powered itself off; ten minutes at most, which only a
# hang takes. What happens to the disk is forgotten.
boots() {
	(qemu_disk "$@" -snapshot) &
	qemu_pid=$!
	qemu_waited=0
	while kill -0 "$qemu_pid" 2>/dev/null && [ "$qemu_waited" -lt 6000 ]; do
		sleep 0.1
		qemu_waited=$((qemu_waited + 1))
	done
	if kill -KILL "$qemu_pid" 2>/dev/null; then
		echo "it did not power off within ten minutes"
		wait "$qemu_pid" 2>/dev/null
		qemu_pid=
		return 1
	fi
	wait "$qemu_pid"
	qemu_result=$?
	qemu_pid=
	return "$qemu_result"
}

# whatever a test leaves running
test_cleanup() {
	[ -z "${qemu_pid:-}" ] || kill -KILL "$qemu_pid" 2>/dev/null
}

# said LOG KEY: what the guest said behind `KEY: `
said() {
	tr -d '\r' <"$1" | sed -n "s/^$2: //p" | tail -n 1
}
