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
			until [ -n "$(processes_with "$scratch/disks/disk.grow-disk.log --format")" ]; do sleep 0.1; done
			sleep 0.3
			begin=$(date +%s)
			kill -"$signal" "$process"
			wait "$process"
			is "SIG$signal, $stub: status and reason" "$? $(field reason changed)" "30 interrupted false"
			is "SIG$signal, $stub: within 5 s" "$(($(date +%s) - begin <= 5))" 1
			is "SIG$signal, $stub: nothing changed" "$(picture)$(ls -A "$TMPDIR")" "$before"
			is "SIG$signal, $stub: no process left" "$(processes_with "$scratch/disks/disk")" ""
		done
	done
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
		is "a signal during the commit: within 5 s" "$(($(date +%s) - begin <= 5))" 1
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
		[ "$1" != commit ] || { (PATH=${PATH#*:} && qemu-img "$@") >/dev/null && : >changed && exec sleep 60; }
	EOF
	with_fakes begin_disk --json disk 8G
	until [ -e changed ]; do sleep 0.1; done
	kill -KILL "-$process"
	wait "$process" 2>/dev/null
	rm -rf changed "${TMPDIR:?}"/*
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

# Room for the commit is looked for before the log becomes final. (busybox has
# a df and a sync of its own, and takes no fakes.)
room() {
	[ "$shell" = dash ] || return 0
	for format in raw qcow2; do
		fresh
		make_disk "$format" disk
		fake df <<-'EOF'
			[ ! -e disk.grow-disk.log ] || { printf 'x\nfake 1000 990 10 99%% /\n' && exit; }
		EOF
		with_fakes refused no-space 30 "$format: no room for the commit" disk 8G
		fake df <<-'EOF'
			case $* in
			*/disks) printf 'x\nfake 1000 990 10 99%% /\n' ;;
			*) printf 'x\nfake 1000 10 99999999 1%% /\n' ;;
			esac
		EOF
		with_fakes refused no-space 30 "$format: no room to begin" disk 8G
		rm -r "$scratch/fake"
	done
}

# Programs that take long end at a signal, and a second signal changes nothing.
slow() {
	for word in check map sync; do
		[ "$word $shell" != 'sync busybox sh' ] || continue
		fresh
		make_disk qcow2 disk
		before=$(picture)
		case $word in
		sync) printf 'case $1 in *.log) exec sleep 61 ;; esac\n' | fake sync ;;
		*) printf '[ "$1 $2" = "check -q" ] || [ "$1" != %s ] || exec sleep 61\n' "$word" | fake qemu-img ;;
		esac
		with_fakes begin_disk --json disk 8G
		until [ -n "$(processes_with "sleep 61")" ]; do sleep 0.1; done
		begin=$(date +%s)
		kill -TERM "$process"
		wait "$process"
		is "a slow $word: status and reason" "$? $(field reason changed)" "30 interrupted false"
		is "a slow $word: within 5 s" "$(($(date +%s) - begin <= 5))" 1
		is "a slow $word: nothing changed" "$(picture)$(ls -A "$TMPDIR")" "$before"
		end_of "sleep 61"
		rm -r "$scratch/fake"
	done
	fresh
	make_disk qcow2 disk
	fake jq <<-'EOF'
		case $* in *result.jq*) kill -TERM "$PPID" ;; esac
	EOF
	STUB=fault:fs-limit with_fakes grow_disk --json disk 8G
	is "a signal while a fault is told: one object" "$status $(jq -s 'length' "$scratch/out") $(field reason)" "10 1 fs-limit"
	with_fakes grow_disk --json disk 8G
	is "a signal while the result is told: one object" "$status $(jq -s 'length' "$scratch/out") $(field changed)" "0 1 true"
	rm -r "$scratch/fake"
}

main() {
	make_disk raw warm
	signals
	commits
	room
	slow
}

each_shell main
