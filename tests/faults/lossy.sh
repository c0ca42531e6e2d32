# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A folder under `lossy`: traced, or failing. To be sourced behind faults.sh.
# shellcheck disable=SC2154  # of faults.sh

lossy=$build/faults/lossy
powercut=$tests/faults/powercut
lossy_pid=

# lossy_on FOLDER OPTION...: false if it does not come up
lossy_on() {
	lossy_folder=$1
	shift
	rm -f -- "$work/lossy.count"
	"$lossy" "$@" "$lossy_folder" >"$work/lossy.count" 2>"$work/lossy.stderr" </dev/null &
	lossy_pid=$!
	lossy_waited=0
	until mountpoint -q "$lossy_folder"; do
		lossy_waited=$((lossy_waited + 1))
		if [ "$lossy_waited" -gt 6000 ] || ! kill -0 "$lossy_pid" 2>/dev/null; then
			lossy_off
			return 1
		fi
		sleep 0.02
	done
}

# It ends by itself once the folder is unmounted, and then its trace is complete; $lossy_count is how many operations
# could have failed.
lossy_off() {
	[ -n "$lossy_pid" ] || return 0
	! mountpoint -q "$lossy_folder" || { fusermount3 -u "$lossy_folder" || fusermount3 -u -z "$lossy_folder"; } 2>/dev/null
	[ -s "$work/lossy.count" ] || sleep 0.02
	! mountpoint -q "$lossy_folder" || kill -TERM "$lossy_pid" 2>/dev/null
	wait "$lossy_pid"
	lossy_status=$? lossy_pid=
	lossy_count=$(cat "$work/lossy.count")
	return "$lossy_status"
}

test_cleanup() {
	lossy_off
}

# can_mount NAME: else skips NAME, and is false
can_mount() {
	need "$1" fusermount3 mountpoint perl || return 1
	[ -w /dev/fuse ] || { skip "$1" "no FUSE here: /dev/fuse cannot be opened" && return 1; }
	if lossy_on "$room"; then lossy_off; else skip "$1" "no FUSE here: $(tail -n 1 "$work/lossy.stderr")" && return 1; fi
}
