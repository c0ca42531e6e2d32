#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# rescue-disk with a command, in real machines: what comes back, what is kept, and
# what is refused; and the log of a grow that failed.
# shellcheck disable=SC2016,SC2154  # the guest's shell expands it; build and work come from tap.sh
set -u
tests=$(dirname "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'rescue-disk' qemu-system-x86_64 qemu-img jq || done_testing

rescue_disk=$source_tree/hostscripts/rescue-disk
mkdir "$work/tmp" "$work/disks" "$work/share" "$work/a share, with ünusual name"
export TMPDIR="$work/tmp"
mkfifo "$work/fifo"
cd "$work/disks" || exit 1
"$images/openwrt-disk" disk
sum=$(image_sum disk)

# rescue ARGUMENT...: sets status and out; errors are in $work/err.
rescue() {
	timeout -k 5 100 "$rescue_disk" "$@" >"$work/out" 2>"$work/err"
	status=$?
	out=$(cat "$work/out")
}

said() {
	grep -qF -- "$1" "$work/err" && printf yes || sed 's/^/#  /' "$work/err" >&2
}

# refused NAME SENTENCE ARGUMENT...
refused() {
	refused_name=$1 sentence=$2
	shift 2
	rescue "$@" </dev/null
	is "$refused_name: a usage fault" "$status$out $(said '[usage]')" '2 yes'
	is "$refused_name: says why" "$(said "$sentence")" yes
}

untouched() {
	is "$1: the image is what it was" "$(image_sum disk)" "$sum"
	is "$1: nothing left" "$(ls -A)$(ls -A "$TMPDIR")" disk
}

streams() {
	rescue disk -- sh -c 'echo out; echo err >&2; exit 9' </dev/null
	is 'a command: its status, its output' "$status $out" '9 out'
	is 'a command: its errors apart' "$(cat "$work/err")" err
	head -c 300000 /dev/urandom >"$work/bytes"
	rescue disk -- cat <"$work/bytes"
	is 'its input and output: every byte' "$status $(cmp "$work/bytes" "$work/out" && wc -c <"$work/out")" '0 300000'
	rescue disk -- sh -c 'printf "<%s>" "$@"; head -c 1 >/dev/null' sh 'a b' "it's" '*' '$HOME' 'ü' '' '
x' </dev/null
	is 'its arguments, as they are' "$status $out" "0 <a b><it's><*><\$HOME><ü><><
x>"
	rescue disk -- sh -c 'kill -TERM $$' </dev/null
	is 'killed by a signal: 128 and its number' "$status" 143
	rescue disk -- no-such-program </dev/null
	is 'no such program: 127, as in a shell' "$status" 127
	timeout 60 "$rescue_disk" disk -- seq 1 100000 2>"$work/err" | (sleep 3 && sha256sum) >"$work/out"
	is 'a reader that is late gets everything' "$(cat "$work/out")" "$(seq 1 100000 | sha256sum)"
	timeout 60 "$rescue_disk" disk -- yes 2>"$work/err" </dev/null | head -n 1 >"$work/out"
	is 'a reader that goes away ends it' "$(cat "$work/out") $(said 'Nobody reads')" 'y yes'
	rescue disk -- sh -c 'cat /dev/zero & cat /dev/zero >&2 & sleep 1; exit 3' </dev/null
	is 'children that write for ever do not keep it from its end' "$status" 3
	rescue disk -- sh -c 'exit 9' <&-
	is 'without standard input' "$status" 9
	rescue disk -- cat <"$work"
	is 'input that cannot be read is not its end' "$status $(said 'Standard input cannot be read')" '30 yes'
	"$rescue_disk" disk -- echo hi >/dev/full 2>"$work/err" </dev/null
	is 'output that cannot be written: says why' "$? $(said '[no-space]')" '30 yes'
	untouched 'streams'
}

# A machine that is saved has booted once: each that goes on with it has the same messages of its kernel, to the microsecond.
resumes() {
	for run in first second; do
		XDG_CACHE_HOME="$work/cache" rescue --accel tcg disk -- sh -c 'dmesg | head -n 40; cat >&2' <"$work/bytes"
		cp "$work/out" "$work/$run"
		is "$run: a command in a machine that is saved" "$status $(cmp "$work/bytes" "$work/err" && wc -l <"$work/out")" '0 40'
	done
	is 'the second run goes on with it' "$(cat "$work/second")" "$(cat "$work/first")"
	XDG_CACHE_HOME="$work/cache" rescue --accel tcg --append loglevel=7 disk -- sh -c 'dmesg | head -n 40' </dev/null
	is 'another one has messages of its own' "$status $(cmp -s "$work/out" "$work/first" && echo same)" '0 '
	untouched 'resumes'
}

# mounted NAME COMMAND: however it mounts the partition, it is unmounted before it is kept.
mounted() {
	cp disk "$work/mounted"
	rescue --write --yes "$work/mounted" -- sh -c "$2" </dev/null
	is "$1: kept" "$status $(said 'changes kept in the image')" '0 yes'
	is "$1: unmounted" "$(dumpe2fs -h "$work/mounted?offset=17301504" 2>/dev/null | grep -c needs_recovery) $(e2fsck -fn "$work/mounted?offset=17301504" >/dev/null 2>&1 && echo sound)" '0 sound'
	is "$1: written" "$(debugfs -R 'cat /new' "$work/mounted?offset=17301504" 2>/dev/null)" new
}

mounts() {
	mounted 'ready for a chroot' 'mount /dev/sda2 /mnt && mkdir -p /mnt/proc /mnt/dev && mount -t proc proc /mnt/proc && mount -o bind /dev /mnt/dev && echo new >/mnt/new'
	mounted 'by another name' 'cd /dev && mount sda2 /mnt && echo new >/mnt/new'
	mounted 'under another mount' 'mkdir /tmp/a && mount /dev/sda2 /tmp/a && echo new >/tmp/a/new && mount -t tmpfs none /tmp'
	cp disk "$work/mounted"
	rescue --write --yes "$work/mounted" -- sh -c 'mount /dev/sda2 /mnt && echo new >/mnt/new && mount -o bind /mnt /proc' </dev/null
	is 'what cannot be told is not kept' "$status $(said '[disk-io]')" '30 yes'
	is 'what cannot be told: the image is what it was' "$(image_sum "$work/mounted")" "$sum"
}

tools() {
	rescue disk -- sh -c 'for tool in e2fsck resize2fs debugfs tune2fs dumpe2fs sfdisk blkid vi less mount; do command -v $tool >/dev/null || echo $tool; done; ls /dev/sda?' </dev/null
	is 'the tools and the partitions are there' "$status $out" '0 /dev/sda1
/dev/sda2'
	rescue --memory 400 --append 'quiet grow.word' disk -- sh -c 'grep -o grow.word /proc/cmdline; awk "/MemTotal/ { print (\$2 > 300000) }" /proc/meminfo' </dev/null
	is '--append and --memory' "$status $out" '0 grow.word
1'
}

clocks() {
	rescue --rtc 2038-01-19T03:14:00Z disk -- sh -c 'date +%s; while [ $(date +%s) -lt 2147483650 ]; do sleep 1; done; date -u; touch x; [ x -nt /init ] && echo newer' </dev/null
	is 'a clock that passes 2^31 s' "$status $(printf '%s' "$out" | sed '1s/^21474836[34].$/begins/; 2s/ 03:14:.. .*2038/ 2038/' | tr '\n' ' ')" '0 begins Tue Jan 19 2038 newer'
	rescue --rtc 2100-01-01T00:00:00Z disk -- date -u +%Y-%m </dev/null
	is 'the year 2100' "$status $out" '0 2100-01'
}

writes() {
	rescue disk -- sh -c 'mount /dev/sda2 /mnt && echo lost >/mnt/lost; dd if=/dev/zero of=/dev/sda bs=512 count=1 2>/dev/null' </dev/null
	is 'without --write' "$status" 0
	untouched 'without --write'
	rescue --write --yes disk -- true </dev/null
	is '--write, and nothing written' "$status $(said 'nothing was written')" '0 yes'
	untouched '--write, and nothing written'
	rescue --write --yes disk -- sh -c 'dd if=/dev/zero of=/dev/sda bs=512 count=1 2>/dev/null; exit 3' </dev/null
	is '--write, and the command fails' "$status $(said 'its changes are discarded')" '3 yes'
	untouched '--write, and the command fails'
	rescue --write --yes disk -- sh -c 'mount /dev/sda2 /mnt && echo kept >/mnt/kept && (sleep 100 &)' </dev/null
	is '--write --yes: kept' "$status $(said 'changes kept in the image')" '0 yes'
	is '--write --yes: no file left' "$(ls -A)$(ls -A "$TMPDIR")" disk
	sum=$(image_sum disk)
	rescue disk -- sh -c 'e2fsck -fn /dev/sda2 >/dev/null && mount -r /dev/sda2 /mnt && cat /mnt/kept' </dev/null
	is 'what was kept is there, on a sound file system' "$status $out" '0 kept'
	qemu-img convert -f raw -O qcow2 disk "$work/disk.qcow2"
	rescue --write --yes "$work/disk.qcow2" -- sh -c 'mount /dev/sda2 /mnt && mv /mnt/kept /mnt/moved' </dev/null
	is 'qcow2: kept' "$status $(qemu-img check -q "$work/disk.qcow2" >/dev/null && echo sound)" '0 sound'
	rescue "$work/disk.qcow2" -- sh -c 'mount -r /dev/sda2 /mnt && cat /mnt/moved' </dev/null
	is 'qcow2: is there' "$status $out" '0 kept'
}

shares() {
	folder="$work/a share, with ünusual name"
	echo 'from the host' >"$folder/nä me"
	rescue --share "$folder" disk -- sh -c 'cat "/mnt/share/nä me"; { echo x >/mnt/share/x; } 2>/dev/null || echo refused' </dev/null
	is '--share: read-only' "$status $out $(ls -A "$folder")" '0 from the host
refused nä me'
	rescue --share "$folder" --share-rw disk -- sh -c 'cd /mnt/share && echo guest >"ö ö" && : >"ö ö" && echo again >>"ö ö" && chmod 640 "ö ö" && mkdir d && mv "nä me" d/ && ln -s d l && touch -t 203901010000 d && rm l' </dev/null
	is '--share-rw: both ways' "$status $(cat "$folder/ö ö" "$folder/d/nä me" | tr '\n' ' ')$(stat -c %a "$folder/ö ö")" '0 again from the host 640'
	is '--share-rw: the time as well' "$(stat -c %y "$folder/d" | cut -c 1-4)" 2039
	untouched shares
}

usage_faults() {
	refused 'no image' 'name of an image'
	refused 'two images' 'operand too many' disk disk
	refused 'no command behind --' 'command is missing' disk --
	refused 'no terminal' 'needs a terminal' disk
	refused '--write without terminal' 'or --yes' --write disk -- true
	refused '--yes without --write' 'goes only with --write' --yes disk -- true
	refused '--share-rw alone' 'needs --share' --share-rw disk -- true
	refused '--share of nothing' 'no directory' --share none disk -- true
	refused '--share-rw of the image' 'cannot share' --share . --share-rw disk -- true
	refused 'a bad --rtc' "cannot be 'tomorrow'" --rtc tomorrow disk -- true
	refused 'a day that there is not' "cannot be '2038-02-31T00:00:00Z'" --rtc 2038-02-31T00:00:00Z disk -- true
	refused 'a command that is not UTF-8' 'is not UTF-8' disk -- "$(printf 'a\377b')"
	refused 'a bad --memory' "cannot be '1'" --memory 1 disk -- true
	refused 'a bad option' 'no option --grow' --grow disk -- true
	refused 'a command that is too long' 'command is longer' disk -- "$(head -c 4000 /dev/zero | tr '\0' x)"
	untouched 'usage'
}

# ends_by SIGNAL: while the guest runs.
ends_by() {
	: >"$work/out" # the process empties it, too, but perhaps later than we look
	setsid env --default-signal=INT,QUIT,HUP,TERM "$rescue_disk" --write --yes disk -- sh -c 'echo up; sleep 100' >"$work/out" 2>"$work/err" </dev/null &
	process=$!
	wait_up "$work/out"
	kill -"$1" "$process"
	wait "$process"
	is "SIG$1: interrupted" "$? $(said '[interrupted]')" '30 yes'
	untouched "SIG$1"
}

# wait_up FILE: until a command that says so runs in the guest.
wait_up() {
	await grep -q up "$1"
}

# Of those that only look there may be many, and the image may be marked read-only.
readers() {
	chmod 444 disk
	"$rescue_disk" disk -- sh -c 'echo up; read -r line; echo "$line"' >"$work/first" 2>"$work/first.err" <"$work/fifo" &
	process=$!
	exec 5>"$work/fifo"
	wait_up "$work/first"
	rescue disk -- echo second </dev/null
	is 'two look at an image that is read-only' "$status $out" '0 second'
	chmod 644 disk
	rescue --write --yes disk -- true </dev/null
	is 'meanwhile nobody writes' "$status $(said '[image-locked]') $(grep -c wait-lock "$work/err")" '30 yes 0'
	"$grow_disk" disk 300M >/dev/null 2>"$work/err" </dev/null
	is 'nor grows it' "$? $(said '[image-locked]')" '30 yes'
	echo 'the end' >&5
	exec 5>&-
	wait "$process"
	is 'the first one was not disturbed' "$? $(tail -n 1 "$work/first")" '0 the end'
	untouched readers
}

# QEMU itself finds that somebody writes: when the tables are looked at, or when
# the machine gets the disk.
writers() {
	qemu-img convert -f raw -O qcow2 disk "$work/held.qcow2"
	cp disk "$work/held.raw"
	for format in qcow2 raw; do
		qemu-io -f "$format" "$work/held.$format" -c 'sleep 60000' >/dev/null 2>&1 &
		holder=$!
		await grep -q ":$(stat -c %i "$work/held.$format") " /proc/locks
		rescue "$work/held.$format" -- true </dev/null
		is "while another one writes to it, $format: refused" "$status $(said "(qemu-io, process $holder)") $(said '[image-locked]')" '30 yes yes'
		kill "$holder"
		wait "$holder" 2>/dev/null
	done
	untouched writers
}

# What is there of it.
names() {
	find . -maxdepth 1 -name 'damaged*' | sort | sed 's|./||' | tr '\n' ' '
}

failed() {
	cp disk "$work/damaged"
	cd "$work" || exit 1
	# e2fsck -p does not mend that.
	debugfs -w -R 'unlink /etc' "damaged?offset=17301504" 2>/dev/null
	before=$(image_sum damaged)
	"$grow_disk" --keep-failed damaged 300M >"$work/out" 2>"$work/err"
	is 'a grow that fails' "$? $(said 'damaged.grow-disk.failed')" '20 yes'
	is 'its image is what it was, its log is there' "$(image_sum damaged) $(names)" "$before damaged damaged.grow-disk.failed "
	rescue damaged.grow-disk.failed -- sh -c 'sfdisk -l /dev/sda | grep -c "300 MiB"; e2fsck -fn /dev/sda2 >/dev/null; echo $?' </dev/null
	is 'rescue-disk enters it' "$status $out" '0 1
4'
	rescue --write --yes damaged.grow-disk.failed -- true </dev/null
	is 'but not to write' "$status" 2
	"$grow_disk" --keep-failed damaged 300M >"$work/out" 2>"$work/err"
	is 'a second is not written over it' "$? $(said 'already')" '2 yes'
	"$grow_disk" damaged.grow-disk.failed 400M >"$work/out" 2>"$work/err"
	is 'and it is not grown' "$?" 10
	"$grow_disk" --repair=all damaged 300M >"$work/out" 2>"$work/err"
	is 'the next grow is not disturbed' "$? $(names)" '0 damaged damaged.grow-disk.failed '
	rescue damaged.grow-disk.failed -- true </dev/null
	is 'then the two do not belong together' "$status $(said '[log-stale]')" '20 yes'
}

streams
resumes
tools
clocks
writes
mounts
shares
readers
writers
usage_faults
ends_by TERM
ends_by INT
ends_by QUIT
failed
done_testing
