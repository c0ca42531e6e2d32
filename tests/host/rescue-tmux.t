#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The shells of rescue-disk and trace-boot, and the console of try-disk, as a person has them: in a terminal (tmux), by their keys.
# shellcheck disable=SC2016,SC2154  # the guest's shell expands it; work comes from tap.sh
set -u
tests=$(dirname "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'rescue-disk in a terminal' tmux qemu-system-x86_64 qemu-img jq || done_testing

rescue_disk=$source_tree/hostscripts/rescue-disk
mkdir "$work/tmp" "$work/disks"
export TMPDIR="$work/tmp"
cd "$work/disks" || exit 1
"$images/openwrt-disk" disk
sum=$(image_sum disk)

terminal() {
	tmux -S "$work/socket" -f /dev/null "$@"
}

test_cleanup() {
	terminal kill-server 2>/dev/null
}

# Lines that were too long for the window are one again.
screen() {
	terminal capture-pane -p -J -t shell
}

# keys KEY...: tmux's names for them, or text.
keys() {
	terminal send-keys -t shell "$@"
}

# type_line TEXT
type_line() {
	keys -l "$1"
	keys Enter
}

# shows PATTERN: there comes a line that matches.
shows() {
	await has_line "$1" || { screen && return 1; }
}

has_line() {
	screen | grep -q -- "$1"
}

# comes_to_say COMMAND PATTERN: its output comes to match when the guest has heard of a change.
comes_to_say() {
	await says_now "$@" || { screen && return 1; }
}

says_now() {
	type_line "$1"
	sleep 0.5
	has_line "$2"
}

# begin ARGUMENT...: rescue-disk, and the prompt of its shell.
begin() {
	keys -R
	terminal clear-history -t shell
	type_line "clear; '$rescue_disk' $*"
	shows '^rescue:/root#'
}

terminal new-session -d -s shell -x 100 -y 30 'PS1="host:$?# " sh' || {
	skip 'rescue-disk in a terminal' 'tmux cannot begin'
	done_testing
}
terminal set-option -g window-size manual >/dev/null 2>&1

prompts() {
	type_line 'stty -a >../before'
	ok 'a prompt' begin disk
	ok 'it was told how to end it' shows 'Ctrl-] three times'
	type_line 'stty size'
	ok 'the size of the window' shows '^30 100'
	terminal resize-window -t shell -x 90 -y 25
	ok 'its new size' comes_to_say 'stty size' '^25 90'
	type_line 'echo $((6 * 7)) a:$(ls /dev/sda2):b'
	ok 'what is typed is run' shows '^42 a:/dev/sda2:b'
}

job_control() {
	type_line "sh -c 'echo begun:1; exec sleep 1000'; echo after:\$?"
	shows '^begun:1' >/dev/null
	keys C-c
	type_line 'echo alive'
	ok 'Ctrl-C ends a program of the guest' shows '^alive'
	type_line "sh -c 'echo begun:2; exec sleep 1001'"
	shows '^begun:2' >/dev/null
	keys C-z
	ok 'Ctrl-Z stops it' shows 'Stopped'
	type_line 'bg; sleep 1002 & jobs'
	ok 'jobs: one goes on' shows 'Running.*sleep 1001'
	ok 'jobs: and one behind' shows 'Running.*sleep 1002'
	type_line 'clear; seq 1 20000 | tee /tmp/all | tail -n 1; seq 1 3000; wc -l </tmp/all'
	ok 'much output goes through to its end' shows '^3000'
	ok 'and nothing of it is lost' shows '^20000'
}

ends() {
	type_line 'exit 5'
	ok 'exit ends it' shows '^host:0#'
	type_line 'stty -a >../after; echo sane'
	ok 'the terminal is a terminal again' shows '^sane'
	sed '1d' ../before >../before-rest
	sed '1d' ../after >../after-rest
	ok 'with all its settings' cmp ../before-rest ../after-rest
	is 'nothing has changed, nothing is left' "$(image_sum disk) $(ls -A)$(ls -A "$TMPDIR")" "$sum disk"
}

escapes() {
	begin disk >/dev/null
	keys C-] C-]
	sleep 2
	keys C-]
	type_line 'echo still'
	ok 'two and one are no escape' shows '^still'
	keys C-] C-] C-]
	ok 'three are' shows 'Ended by Ctrl-]'
	type_line 'status=$?; stty -a >../after; echo status:$status'
	ok 'it is an interruption' shows '^status:30'
	sed '1d' ../after >../after-rest
	ok 'and the terminal is what it was' cmp ../before-rest ../after-rest
	begin disk >/dev/null
	for process in $(processes_in "$work"); do
		[ "$(cat "/proc/$process/comm")" != vm-keeper ] || kill -KILL "$process"
	done
	ok 'its keeper killed: a sentence' shows 'guest-died'
	type_line 'stty -a >../after; echo back'
	ok 'and the terminal comes back' shows '^back'
	sed '1d' ../after >../after-rest
	ok 'with all its settings' cmp ../before-rest ../after-rest
	is 'nothing is left' "$(ls -A)$(ls -A "$TMPDIR")" disk
}

questions() {
	ok 'a shell that may write' begin --write disk
	type_line 'mount /dev/sda2 /mnt && echo no >/mnt/answer && cd /mnt; exit'
	ok 'a question' shows 'Keep the changes? \[y/N\]'
	type_line n
	ok 'no: thrown away' shows 'changes discarded: the image is unchanged'
	is 'and so it is' "$(image_sum disk) $(ls -A)" "$sum disk"
	begin --write disk >/dev/null
	type_line 'mount /dev/sda2 /mnt && echo no >/mnt/answer; exit'
	shows 'Keep the changes? \[y/N\]' >/dev/null
	keys C-c
	ok 'Ctrl-C: an interruption' shows '\[interrupted\]'
	is 'and the image is what it was' "$(image_sum disk) $(ls -A)" "$sum disk"
	begin --write disk >/dev/null
	type_line 'mount /dev/sda2 /mnt && echo yes >/mnt/answer; exit'
	shows 'Keep the changes? \[y/N\]' >/dev/null
	type_line y
	ok 'yes: kept' shows 'changes kept in the image'
	is 'and so it is' "$("$rescue_disk" disk -- sh -c 'mount -r /dev/sda2 /mnt && cat /mnt/answer' </dev/null 2>&1) $(ls -A)" 'yes disk'
}

# A shell in the middle of a traced boot, with a folder of the host.
breaks() {
	mkdir ../shared
	echo 'from the host' >../shared/note
	terminal resize-window -t shell -x 100 -y 50
	keys -R
	terminal clear-history -t shell
	type_line "clear; '$source_tree/hostscripts/trace-boot' -q --json ../trace --break init --share ../shared --attach scsi --method agent disk"
	ok 'a shell at a stage of the boot' shows '^rescue:/root#'
	type_line 'cat /mnt/share/note /proc/sys/kernel/hotplug; touch /mnt/share/x || echo only read'
	ok 'the folder of the host is there' shows '^from the host'
	ok 'which cannot be written' shows '^only read'
	ok 'the helper is set at that stage' shows '^/sbin/hotplug'
	type_line 'echo >/proc/sys/kernel/hotplug; rm /dev/sda1; exit'
	ok 'the boot goes on' shows 'lost  *nothing'
	ok 'and tells what was done there' shows 'rm /dev/sda1'
	is 'no mdev is waited for that never comes' "$(jq -r 'select(.event == "mark" and (.what | test("settled"))).what' ../trace | sort -u)" settled
	is 'nothing is left of it' "$(image_sum disk) $(ls -A)$(ls -A "$TMPDIR")" "$sum disk"
}

# The console of a system, which is not ours: its kernel and its first process speak.
tries() {
	keys -R
	terminal clear-history -t shell
	type_line "clear; '$source_tree/hostscripts/try-disk' --accel tcg --kernel '$build/kernel' --initrd '$build/initramfs.cpio' --append 'console=ttyS0 quiet rdinit=/bin/sh' disk"
	ok 'try-disk: told how to end it' shows 'Ctrl-\] three times ends it'
	ok 'try-disk: the console of the system' comes_to_say 'echo $((6 * 7)):' '^42:'
	keys C-]
	sleep 2
	type_line 'echo still'
	ok 'try-disk: one is no escape' shows '^still'
	keys C-] C-] C-]
	ok 'try-disk: three end it, and that is well' shows '^host:0#'
	type_line 'stty -a >../after; echo sane'
	ok 'try-disk: the terminal is a terminal again' shows '^sane'
	sed '1d' ../after >../after-rest
	ok 'try-disk: with all its settings' cmp ../before-rest ../after-rest
	is 'try-disk: nothing has changed, nothing is left' "$(image_sum disk) $(ls -A)$(ls -A "$TMPDIR")" "$sum disk"
}

prompts
job_control
ends
escapes
breaks
tries
questions
done_testing
