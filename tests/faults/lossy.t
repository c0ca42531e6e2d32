#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The power cut can be trusted: under `lossy` a folder behaves as ever, `powercut` loses all that may be lost, and nothing
# that was flushed.
# shellcheck disable=SC2034,SC2154  # of tap.sh and faults.sh
set -u
tests=$(dirname -- "$0")/.. format=raw tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=faults.sh
. "$tests/faults/faults.sh"
# shellcheck source=lossy.sh
. "$tests/faults/lossy.sh"

ordinary() {
	cd "$room" || return
	printf 'first\n' >file && printf 'second\n' >>file && printf 'third\n' >file
	is "written, appended, written anew" "$(cat file)" third
	printf 'X' | dd of=file bs=1 seek=2 conv=notrunc status=none
	is "overwritten in the middle" "$(cat file)" thXrd
	truncate -s 100000 file && fallocate -p -o 4096 -l 8192 file && fallocate -l 200000 file
	is "lengths and holes" "$(stat -c %s file) $(head -c 5 file)" '200000 thXrd'
	mkdir folder && mv file folder/ && mv -n folder/file . && rmdir folder && ln file link && ln -s file pointer
	is "renamed, linked" "$(stat -c '%h %N' link pointer | tr '\n' ' ')" "2 'link' 1 'pointer' -> 'file' "
	chmod 640 file && touch -d '2020-02-02 02:02:02 UTC' file
	is "mode and time" "$(stat -c '%a %Y' link)" '640 1580608922'
	is "a file that is open and removed" "$(perl -e 'open F, "+<", "file"; unlink "file", "link"; syswrite F, "gone"; sysseek F, 0, 0; sysread F, $x, 4; print $x')" gone
	: >lock
	exec 8<>lock
	flock -n 8
	is "flock: another one waits" "$(flock -n lock echo I have it)" ''
	exec 8>&-
	is "flock: and then has it" "$(flock -n lock echo I have it)" 'I have it'
	truncate -s 1M disk
	qemu-system-x86_64 -display none -nodefaults -machine pc,accel=tcg -m 16 -drive file=disk,format=raw,if=ide &
	qemu=$!
	ok "QEMU's locks" await is_locked disk
	kill -KILL "$qemu" && wait "$qemu" 2>/dev/null
	is "a copy has the same contents" "$(cp --sparse=always disk copy && cmp disk copy && echo same)" same
	cd /
}

is_locked() {
	qemu-img check -q -f raw -r leaks "$1" 2>&1 | grep -q 'Failed to get .* lock'
}

can_mount "lossy" || done_testing
fresh_room() {
	rm -rf -- "${room:?}"/*
}
fresh_room
lossy_on "$room"
ordinary
ok "it ends well" lossy_off
is "all of it is in the folder beneath" "$(names)" 'copy disk lock pointer'

fresh_room
lossy_on "$room" -f w -n 2 -e 28
(cd "$room" && printf 'one' >one && printf 'two' >two) 2>"$work/said"
is "the second write fails, and says so" "$(cat "$room/one") $(wc -c <"$room/two") $(grep -ci 'no space\|I/O' "$work/said")" 'one 0 1'
printf 'three' >"$room/three" 2>/dev/null
lossy_off
is "and all later ones; they were counted" "$(wc -c <"$room/three") $lossy_count" '0 3'

# after NAME COMMANDS POSSIBLE...: what 60 power cuts behind the commands leave of them is all that is possible, and
# nothing else. Before, the folder has a file `old` with "before".
after() {
	in_turn 2 || return 0
	after_name=$1 after_commands=$2
	shift 2
	fresh_room
	printf 'before' >"$room/old"
	rm -rf -- "$work/base"
	"$powercut" save "$room" "$work/base"
	lossy_on "$room" -t "$work/trace"
	(cd "$room" && eval "$after_commands")
	lossy_off
	last=$("$powercut" list "$work/trace" | wc -l) cut_seed=0
	while [ "$cut_seed" -lt 60 ]; do
		cut_seed=$((cut_seed + 1))
		"$powercut" cut "$work/trace" "$work/base" "$room" "$last" "$cut_seed" >/dev/null || echo failed
		(cd "$room" && for file in *; do [ ! -e "$file" ] || printf '%s=%s ' "$file" "$(tr '\0' 0 <"$file")"; done && echo)
	done | sort -u >"$work/found"
	is "$after_name" "$(sed 's/ $//' "$work/found")" "$(printf '%s\n' "$@" | sort)"
}

after "a new file without a flush" 'printf data >new' 'old=before' 'new= old=before' 'new=data old=before'
after "a new file, flushed" 'printf data >new && sync new' 'new=data old=before'
after "a rename before the data" 'printf data >new && mv new old' 'old=before' 'new= old=before' 'new=data old=before' 'old=' 'old=data'
after "a rename behind flushed data" 'printf data >new && sync new && mv new old' 'new=data old=before' 'old=data'
after "a rename, and its folder flushed" 'printf data >new && sync new && mv new old && sync .' 'old=data'
after "a removal without a flush" 'rm old' 'old=before' ''
after "two names in order" 'mv old one && ln one two' 'old=before' 'one=before' 'one=before two=before'
after "overwritten without a flush" 'printf BEF | dd of=old conv=notrunc status=none' 'old=before' 'old=BEFore'
after "overwritten and flushed, then again" \
	'printf BEF | dd of=old conv=notrunc,fsync status=none; printf x | dd of=old conv=notrunc status=none' 'old=BEFore' 'old=xEFore'
after "written behind the end" 'printf "%s" +more >>old' 'old=before' 'old=before+more'
is "the inode is the same" "$(stat -c %i "$room/old")" "$(awk '$5 == "old" { print $1 }' "$work/base/names")"
done_testing
