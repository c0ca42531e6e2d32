#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-disk interrupted: signals, programs that hang, and no room; with a stub
# for the virtual machine.
# shellcheck disable=SC2016,SC2034,SC2154  # fakes expand it; status, out, err and scratch come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

eight=16777216 # sectors

signals() {
	for signal in INT TERM HUP; do
		for stub in hang deaf; do
			fresh
			make_disk qcow2 disk
			before=$(picture)
			STUB=$stub begin_disk --json disk 8G
			until [ -n "$(processes_with "$scratch/guest/kernel")" ]; do sleep 0.1; done
			sleep 0.3
			begin=$(date +%s)
			kill -"$signal" "$process"
			wait "$process"
			is "SIG$signal, $stub: status and reason" "$? $(field reason changed)" "30 interrupted false"
			is "SIG$signal, $stub: within 20 s" "$(($(date +%s) - begin <= 20))" 1
			is "SIG$signal, $stub: nothing changed" "$(picture)$(ls -A "$TMPDIR")" "$before"
			is "SIG$signal, $stub: no process left" "$(processes_with "$scratch")" ""
		done
	done
}

# A key that does not come: from a FIFO without a writer, and from standard input.
keys() {
	fresh
	make_disk qcow2 disk
	mkfifo "$scratch/key"
	before=$(picture)
	for signal in INT QUIT TERM; do
		begin_disk --json --key-file "$scratch/key" disk 8G
		await opened "$scratch/key" 0
		key_ends "SIG$signal, a key file that is a FIFO"
	done
	for signal in INT TERM; do
		(echo 'a part' && exec sleep 100) >"$scratch/key" &
		writer=$!
		setsid env --default-signal=INT,TERM "$grow_disk" --json --key-file - disk 8G <"$scratch/key" >"$scratch/out" 2>"$scratch/err" &
		process=$!
		await opened "$scratch/key" 1
		key_ends "SIG$signal, a key on standard input"
		kill "$writer"
	done
	rm "$scratch/key"
	"$grow_disk" --json --key-file . disk 8G >"$scratch/out" 2>"$scratch/err"
	is "a directory is no key file" "$? $(field reason changed)" "10 key-missing false"
	"$grow_disk" --json --key-file /dev/null disk 8G >"$scratch/out" 2>"$scratch/err"
	is "an empty key file" "$? $(field reason changed)" "10 key-missing false"
}

# key_ends NAME: a signal ends the process
key_ends() {
	kill -"$signal" "$process"
	await over || kill -KILL "$process"
	wait "$process"
	is "$1: status and reason" "$? $(field reason changed)" "30 interrupted false"
	is "$1: nothing changed" "$(picture)$(ls -A "$TMPDIR")" "$before"
}

# A signal to the whole group during the commit: it is finished. A commit that
# does not end: it is broken off, and finished by the next run.
commits() {
	for nap in 1 60; do
		fresh
		make_disk qcow2 disk
		printf '[ "$1" != commit ] || sleep %s\n' "$nap" | fake qemu-img
		with_fakes begin_disk --json disk 8G
		until [ -e disk.grow-disk.image ]; do sleep 0.1; done
		sleep 0.3
		begin=$(date +%s)
		kill -TERM "-$process"
		wait "$process"
		status=$?
		is "a signal during the commit: within 20 s" "$(($(date +%s) - begin <= 20))" 1
		case $nap in
		1) is "a signal during the commit: finished" "$status $(field changed) $(table_end qcow2 disk) $(ls -A)" "0 true $eight disk" ;;
		*) is "a commit that does not end: unfinished" "$status $(field reason changed)" "30 commit-unfinished null" ;;
		esac
	done
	end_of "sleep 60"
	STUB=nothing grow_disk --json disk
	is "and the next run finishes it" "$status $(field recovered changed) $(table_end qcow2 disk) $(ls -A)" "0 true true $eight disk"
	# All killed when the image has changed already.
	make_disk qcow2 disk
	fake qemu-img <<-'EOF'
		[ "$1" != commit ] || { (PATH=${PATH#*:} && qemu-img "$@") >&2 && exec sleep 63; }
	EOF
	with_fakes begin_disk --json disk 8G
	until [ -n "$(processes_with "sleep 63")" ]; do sleep 0.1; done
	kill -KILL "-$process"
	wait "$process" 2>/dev/null
	rm -rf "${TMPDIR:?}"/*
	# The last of those that were killed may not be gone yet.
	STUB=nothing grow_disk --json --wait-lock 5 disk
	is "killed in the commit: the next run finishes it" "$status $(field recovered) $(table_end qcow2 disk) $(ls -A)" "0 true $eight disk"
	rm -r "$scratch/fake"
}

# The processes of this folder with such a command line.
end_of() {
	for process in $(processes_with "$1"); do
		[ "$(readlink "/proc/$process/cwd")" != "$PWD" ] || kill -KILL "$process"
	done
	sleep 0.2
}

# with_preload RULES COMMAND...: see tests/lib/preload.c.
with_preload() {
	preload_rules=$1
	shift
	LD_PRELOAD=$preload GROW_TEST_PRELOAD=$preload_rules GROW_TEST_PRELOAD_MARK=$scratch/acted
	export LD_PRELOAD GROW_TEST_PRELOAD GROW_TEST_PRELOAD_MARK
	"$@"
	unset LD_PRELOAD GROW_TEST_PRELOAD GROW_TEST_PRELOAD_MARK
}

# Room for the commit is looked for before the log becomes final.
room() {
	for format in raw qcow2; do
		fresh
		make_disk "$format" disk
		with_preload "statvfs:/disks\$:10000000" refused no-space 30 "$format: no room to begin" disk 8G
		# The second look is the one before the commit: until then, the log is empty.
		printf '[ "$1" != create ] || { (PATH=${PATH#*:} && qemu-img "$@") && exit; }\n' | fake qemu-img
		with_preload "statvfs:/disks\$:30000:$scratch/disks/large" grow_disk --json disk 8G
		is "$format: room enough: grown" "$status $(field changed)" "0 true"
		rm -r "$scratch/fake"
	done
}

# Programs and flushes that take long end at a signal, and a second signal changes nothing.
slow() {
	fresh
	make_disk qcow2 disk
	before=$(picture)
	printf '[ "$1" != check ] || exec sleep 61\n' | fake qemu-img
	with_fakes begin_disk --json disk 8G
	until [ -n "$(processes_with "sleep 61")" ]; do sleep 0.1; done
	ends_at_signal "a slow check"
	rm -r "$scratch/fake"
	rm -f "$scratch/acted"
	with_preload "fsync:.grow-disk.log$:hang" begin_disk --json disk 8G
	until [ -e "$scratch/acted" ]; do sleep 0.1; done
	ends_at_signal "a slow flush"
}

# ends_at_signal WHAT: the run in $process.
ends_at_signal() {
	begin=$(date +%s)
	kill -TERM "$process"
	wait "$process"
	is "$1: status and reason" "$? $(field reason changed)" "30 interrupted false"
	is "$1: within 20 s" "$(($(date +%s) - begin <= 20))" 1
	is "$1: nothing changed" "$(picture)$(ls -A "$TMPDIR")" "$before"
	is "$1: no process left" "$(processes_with "$scratch")" ""
}

# unread COMMAND...: with a standard output that nobody reads.
unread() {
	perl -e 'pipe my $from, my $to; close $from; open STDOUT, ">&", $to; exec @ARGV' "$@"
}

# A result that cannot be written is no success; but what is done stays done.
unwritten() {
	fresh
	make_disk qcow2 disk
	before=$(picture)
	for options in "--json --plan" --plan; do
		# shellcheck disable=SC2086  # words
		"$grow_disk" $options disk 8G >/dev/full 2>"$scratch/err"
		is "$options into a full disk" "$? $(tail -n 1 "$scratch/err" | sed 's/.*\[//')" "30 no-space]"
		# shellcheck disable=SC2086  # words
		unread "$grow_disk" $options disk 8G 2>"$scratch/err"
		is "$options into a closed pipe" "$? $(tail -n 1 "$scratch/err" | sed 's/.*\[//')" "30 interrupted]"
	done
	is "and nothing changed" "$(picture)" "$before"
	"$grow_disk" --json disk 8G >/dev/full 2>"$scratch/err"
	is "--json into a full disk: told, and grown" "$? $(table_end qcow2 disk) $(tail -n 1 "$scratch/err" | sed 's/.*\[//')" "30 $eight no-space]"
	has "and it says that the image is grown" "$(cat "$scratch/err")" "The image is grown"
	unread "$grow_disk" disk 9G 2>"$scratch/err"
	is "lines for people into a closed pipe: grown" "$? $(table_end qcow2 disk)" "0 $((9 * 2097152))"
}

main() {
	make_disk raw warm
	signals
	keys
	commits
	room
	slow
	unwritten
}

fresh
main
done_testing
