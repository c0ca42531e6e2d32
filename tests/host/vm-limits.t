#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits of the process are told as what they are: address space (ulimit -v), a small memory cgroup, an environment without
# PATH. With the real QEMU; and not with the sanitizers, which need much address space themselves.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
group=''

test_cleanup() {
	[ -z "$group" ] || rmdir "$group" 2>/dev/null
}

last() {
	tail -n 1 events | jq -r --arg field "$1" '.[$field] // ""'
}

new_disk() {
	"$images/openwrt-disk" disk.raw
	truncate -s 512M disk.raw
}

# vm [PROGRAM...]: a machine, started by that program; $status, and the last event in $reason, $message and $hint
vm() {
	status=0
	: >events
	timeout -k 5 100 "$@" "$build/grow-disk-host" machine --disk disk.raw --format raw --guest "$build" --accel tcg --no-warm --progress none --events events >said 2>&1 || status=$?
	reason=$(last reason) message=$(last message) hint=$(last hint)
}

space() {
	for kib in 1000000 100000; do
		# shellcheck disable=SC2016  # sh expands it
		vm sh -c 'ulimit -v "$1" && shift && exec "$@"' - "$kib"
		is "ulimit -v $kib: refused" "$status $reason" "30 no-memory" || sed 's/^/#   /' events said
		is "ulimit -v $kib: the limit is told" "$(printf '%s' "$message" | grep -c "limited to $((kib / 1024))[0-9.]* MiB (ulimit -v)")" 1
		is "ulimit -v $kib: and what to do" "$(printf '%s' "$hint" | grep -c '^raise the limit (ulimit -v unlimited')" 1
	done
	# shellcheck disable=SC2016  # sh expands it
	vm sh -c 'ulimit -v 2300000 && exec "$@"' -
	is "ulimit -v 2300000: enough" "$status" 0 || sed 's/^/#   /' events said
}

# The log, or a raw disk as here, reaches a limit that came with the process.
file_size() {
	new_disk
	# shellcheck disable=SC2016  # sh expands it
	vm sh -c 'ulimit -f 200 && exec "$@"' -
	is "ulimit -f: refused" "$status $reason" "30 no-space" || sed 's/^/#   /' events said
	is "ulimit -f: the limit is told" "$(printf '%s' "$message" | grep -c '^the size of a file is limited to [0-9]* KiB .*(ulimit -f)')" 1
	is "ulimit -f: and what to do" "$(printf '%s' "$hint" | grep -c 'ulimit -f unlimited')" 1
}

# Root has no such limit, so another user's program, with files that it can read; and the others of an ordinary user do not
# count in a user namespace of its own.
processes() {
	as_other='setpriv --reuid=65533 --regid=65533 --clear-groups'
	if [ "$(id -u)" != 0 ] && unshare --map-user=65533 true 2>/dev/null; then
		as_other='unshare --map-user=65533'
	elif ! can_be_root; then
		skip "ulimit -u" "nobody can become another user here"
		return
	elif [ "$(id -u)" != 0 ]; then
		as_other="sudo -nE $as_other"
	fi
	chmod 755 "$work"
	cp "$build/grow-disk-host" "$build/kernel" "$build/initramfs.cpio" "$build/build-id" .
	chmod 666 disk.raw
	for count in 3 1; do
		rm -f events && : >events && chmod 666 events
		(
			# shellcheck disable=SC3045  # dash and busybox have no other name for it
			limit="ulimit -$(ulimit -u "$(ulimit -u 2>/dev/null)" 2>/dev/null && echo u || echo p) $count"
			# shellcheck disable=SC2016,SC2086  # sh expands it; a program and its options
			exec $as_other sh -c "$limit"' && exec "$@"' - "$work/grow-disk-host" machine --disk disk.raw --format raw --guest . \
				--accel tcg --no-warm --progress none --events events
		) >said 2>&1
		is "ulimit -u $count: refused" "$? $(last reason)" "30 no-memory" || sed 's/^/#   /' events said
		is "ulimit -u $count: the limit is told" "$(last message | grep -c "this user may have only $count processes and threads (ulimit -u)")" 1
	done
}

# A cgroup below ours, if we may make one: version 1, or 2.
make_group() {
	for folder in "/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:\([^:]*,\)\{0,1\}memory\(,[^:]*\)\{0,1\}://p' /proc/self/cgroup)" \
		"/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)"; do
		group=$folder/grow-disk-test.$$
		mkdir "$group" 2>/dev/null || continue
		for file in memory.max memory.limit_in_bytes; do
			! { echo 60M >"$group/$file"; } 2>/dev/null || return 0
		done
		rmdir "$group"
	done
	group=''
	return 1
}

# small_group_is_told NAME
small_group_is_told() {
	is "$1: try again, with more" "$status $reason" "30 no-memory" || sed 's/^/#   /' events said
	is "$1: it is told" "$(printf '%s' "$message" | grep -c 'its memory cgroup allows only 60 MiB')" 1
	is "$1: and what to do" "$(printf '%s' "$hint" | grep -c '^raise the limit to [0-9]* MiB')" 1
}

# A container makes no cgroups, but what the host says of one can be tried there as well: in a mount namespace, where our
# own cgroup has that limit, and QEMU is killed as the kernel would kill it.
played_group() {
	mkdir sys
	printf '#!/bin/sh\nkill -KILL $$\n' >killed
	chmod +x killed
	map=--map-root-user
	[ "$(id -u)" != 0 ] || map=--mount
	if ! unshare --mount "$map" "$(own_mounts)" true; then
		diag "no memory cgroup can be played here"
		return
	fi
	# shellcheck disable=SC2016  # sh expands it
	vm unshare --mount "$map" "$(own_mounts)" sh -c '
		mount -t tmpfs none "$1/sys"
		for list in "" memory; do
			folder=$1/sys/$list$(sed -n "s/^[0-9]*:$list://p" /proc/self/cgroup | head -n 1)
			mkdir -p "$folder"
			echo 62914560 >"$folder/memory.max"
			echo 62914560 >"$folder/memory.limit_in_bytes"
		done
		mount --rbind "$1/sys" /sys/fs/cgroup
		qemu=$1/killed
		shift
		exec "$@" --qemu "$qemu"' - "$work"
	small_group_is_told "a memory cgroup of 60 MiB, played"
}

small_group() {
	played_group
	if ! make_group; then
		diag "no memory cgroup can be made here"
		return
	fi
	# shellcheck disable=SC2016  # sh expands it
	vm sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group"
	small_group_is_told "a memory cgroup of 60 MiB"
}

if need "limits" qemu-system-x86_64 qemu-img jq; then
	cd "$work" || exit 1
	new_disk
	vm env -u PATH
	is "without PATH: QEMU is found in the system's own" "$status $reason" "0 " || sed 's/^/#   /' events said
	space
	file_size
	processes
	small_group
	is "no process is left" "$(processes_in "$work")" ''
fi
done_testing
