#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A shell on a terminal that belongs to another user, as after su, runuser or sudo: it cannot be opened again, but the
# descriptors that were inherited work. With the real QEMU and guest.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

# shell_as_nobody: its terminal is made by script(1) for us; what it shows is in $work/shown, its status in $work/status.
shell_as_nobody() {
	mkdir "$work/run" && cp "$build/grow-disk-host" "$build/kernel" "$build/initramfs.cpio" "$build/build-id" "$work/run/"
	truncate -s 8M "$work/run/disk.raw"
	chown -R 65534:65534 "$work/run"
	chmod 755 "$work"
	cat >"$work/command" <<-END
		#!/bin/sh
		tty >'$work/tty'
		setpriv --reuid=65534 --regid=65534 --clear-groups sh -c ': 2>/dev/null >"\$1"' - "\$(cat '$work/tty')" && echo opened >'$work/opened'
		cd '$work/run'
		HOME='$work/run' setpriv --reuid=65534 --regid=65534 --clear-groups \\
			./grow-disk-host machine --shell --terminal --guest . --disk disk.raw --format raw --events events --accel tcg --no-warm --progress none
		echo "\$?" >'$work/status'
	END
	chmod 755 "$work/command"
	mkfifo "$work/keys"
	timeout -k 5 100 script -qec "$work/command" /dev/null <"$work/keys" >"$work/shown" 2>&1 &
	shell=$!
	exec 4>"$work/keys"
	# shellcheck disable=SC2016  # the guest's shell expands it
	printf 'echo the answer is $((40 + 2))\nexit\n' >&4
	wait "$shell"
	exec 4>&-
}

if [ "$(id -u)" != 0 ]; then
	skip "a terminal of another user" "only root can become another user"
elif need "a terminal of another user" script setpriv qemu-system-x86_64; then
	shell_as_nobody
	is "the terminal cannot be opened by that user" "$(ls "$work/opened" 2>/dev/null)" ''
	is "the shell ends well" "$(cat "$work/status")" 0 || sed 's/^/#   /' "$work/shown"
	ok "it reads and writes the terminal" grep -q 'the answer is 42' "$work/shown"
	is "the guest tells its end" "$(tail -n 1 "$work/run/events" | jq -r .event)" "done"
fi
done_testing
