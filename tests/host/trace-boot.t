#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# trace-boot: real boots, judged by the kernel's own counts and by each other.
# shellcheck disable=SC2016,SC2034,SC2154  # $ is for others; tap.sh reads tap_place, and has work and source_tree
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

set -u
trace_boot=$source_tree/hostscripts/trace-boot
traces=$work/traces
mkdir "$traces" "$work/tmp" "$work/a disk, é"
export TMPDIR="$work/tmp"
cd "$work" || exit 1

# trace NAME [OPTION]...: its trace in $traces/NAME, its words beside it.
trace() {
	trace_name=$1
	shift
	trace_status=0
	"$trace_boot" --json "$traces/$trace_name" "$@" >"$traces/$trace_name.out" 2>"$traces/$trace_name.err" </dev/null || trace_status=$?
	echo "$trace_status" >"$traces/$trace_name.status"
}

# Two at once, as each of them mostly waits.
pair() {
	trace "$@" &
	pair_pid=$!
}

status_of() { cat "$traces/$1.status"; }
# asks NAME PROGRAM: of the whole trace, as an array.
asks() { jq -rs "$2" "$traces/$1"; }
verdict() { jq -nRr -L "$source_tree/hostscripts/lib/trace" -f "$source_tree/hostscripts/lib/trace/verdict.jq" "$traces/$1"; }

# What the kernel itself knows: its count of events; and whether the nodes that
# were seen to come and go are those that are there in the end.
whole() {
	is "$1: status" "$(status_of "$1")" 0
	[ "$(status_of "$1")" = 0 ] || sed 's/^/# /' "$traces/$1.err"
	is "$1: the first line" "$(head -n 1 "$traces/$1" | jq -r '"\(.event) \(.version)"')" 'trace 1'
	is "$1: in the order of time" "$(asks "$1" '[.[].t_us | values] | . == sort')" true
	is "$1: no SEQNUM is left out" "$(asks "$1" '[.[] | select(.event == "uevent").seqnum] | (. == [range(min; max + 1)]) and length > 100')" true
	is "$1: the last one is the kernel's last" "$(asks "$1" '([.[] | select(.event == "uevent").seqnum] | max) == ([.[] | select(.event == "seqnum" and .moment == "end").seqnum] | first)')" true
	is "$1: nothing is lost" "$(asks "$1" '[.[] | select(.event == "lost")]')" '[]'
	is "$1: every helper has its event" "$(asks "$1" '
		[.[] | select(.event == "process" and .state == "start" and .parent_pid == 2).seqnum] as $helped
		| [.[] | select(.event == "uevent").seqnum] | length > 0 and all(.[]; . as $n | $helped | index($n) != null)')" true
	is "$1: each wait for quiet has its end" "$(asks "$1" '[.[] | select(.event == "mark" and .what == "not-settled")] | length')" 0
	is "$1: every mdev ends" "$(asks "$1" 'reduce (.[] | select(.event == "process")) as $p ({}; if $p.state == "start" then .[$p.pid | tostring] = ($p.program == "mdev") else .[$p.pid | tostring] = false end) | any')" false
	is "$1: and ends well" "$(asks "$1" '([.[] | select(.event == "process" and .seqnum).pid] | unique) as $pids | [.[] | select(.event == "process" and .state == "end" and (.pid as $pid | $pids | index($pid))) | .exit_status] | unique | tojson')" '[0]'
	is "$1: nodes seen are nodes there" "$(asks "$1" '
		. as $all | [$all[] | select(.event == "listing" and .moment == "after-table")] | length >= 3 and all(.[];
			. as $listed | ([$all[] | select(.event == "node" and .path == $listed.path and .t_us < $listed.t_us)] | last) as $node
			| ($node == null and $listed.present) or ($node != null and ($node.state == "appeared") == $listed.present))')" true
}

# What the verdict must tell of every run, whichever way it went.
judged() {
	verdict "$1" >"$work/verdict"
	is "$1: what is missing is what was listed" "$(jq -c '[.missing[].path] | sort' "$work/verdict")" \
		"$(asks "$1" '[.[] | select(.event == "listing" and .moment == "after-table" and (.present | not)).path] | sort | tojson')"
	is "$1: mdev -s mends it" "$(jq -r '(.missing == []) or .mended' "$work/verdict")" true
}

# Until somebody has the file: a lock on it.
await_lock() {
	await grep -q ":$(stat -c %i "$1") " /proc/locks
}

# The same disk for all; a name that means something.
disk="$work/a disk, é/disk.qcow2"
"$images/openwrt-disk" --format qcow2 "$disk" || exit 1
sum=$(image_sum "$disk")

# In the background one, in front the other.
pair fdisk --svg "$work/fdisk.svg" --chrome "$work/fdisk.json" "$disk"
# Two that only read the disk do not keep each other from it.
ok "the first one has the disk" await_lock "$disk"
trace held --attach scsi --hold-up remove:sda1:1500
wait "$pair_pid"
for name in fdisk held; do
	whole "$name"
	judged "$name"
done
is "fdisk: five events for a re-read" "$(asks fdisk '([.[] | select(.event == "mark" and .what == "table-write").t_us] | first) as $t | [.[] | select(.event == "uevent" and .t_us > $t) | "\(.action) \(.devname)"] | join(",")')" \
	'remove sda1,remove sda2,change sda,add sda1,add sda2'
is "fdisk: the image is what it was" "$(image_sum "$disk")" "$sum"
ok "fdisk: the timeline fits 80 columns" awk 'length > 80 { print; bad = 1 } END { exit bad || NR < 30 }' "$traces/fdisk.out"
ok "fdisk: the verdict is in it" grep -q -e 'is missing since' -e 'is there' "$traces/fdisk.out"
ok "fdisk: a picture" xmllint --noout "$work/fdisk.svg"
is "fdisk: for Chrome's viewers" "$(jq -r '(.traceEvents | length > 100) and .displayTimeUnit == "ms"' "$work/fdisk.json")" true
is "fdisk: the same again from the trace" "$("$trace_boot" --from "$traces/fdisk")" "$(cat "$traces/fdisk.out")"

# One mdev was held up: it and no other took that node away, after the kernel had added it again.
verdict held >"$work/verdict"
is "held: by a late remove" "$(jq -r '.missing[] | select(.path == "/dev/sda1") | .cause == "late-remove" and .readded.seqnum > .blame.seqnum' "$work/verdict")" true
is "held: that node is missing" "$(jq -r '[.missing[].path] | index("/dev/sda1") != null' "$work/verdict")" true
is "held: by the mdev that was held up" "$(jq -r '.missing[] | select(.path == "/dev/sda1").blame | "\(.action) \(.device)"' "$work/verdict")" 'remove sda1'
is "held: for so long" "$(jq -r '.missing[] | select(.path == "/dev/sda1") | .late_us > 1400000 and .blame.ended_us - .blame.started_us > 1400000' "$work/verdict")" true
is "held: its pid is that of the event" "$(jq -r '.missing[] | select(.path == "/dev/sda1").blame | "\(.pid) \(.seqnum)"' "$work/verdict")" \
	"$(asks held '[.[] | select(.event == "process" and .action == "remove" and (.devpath // "" | endswith("/sda1")))] | last | "\(.pid) \(.seqnum)"')"

# Ways to attach it, moments to do so, and stages.
pair usb --attach usb --attach-at login --seq single --log init --method agent "$disk"
trace nvme --attach nvme --seq login --cpus 2 --method sfdisk --append 'loglevel=3' "$disk"
wait "$pair_pid"
pair virtio --attach virtio --attach-at single --seq init --method agent --rtc 2038-01-19T03:13:58Z "$disk"
trace scsi --attach scsi --attach-at init --seq single --log login "$disk"
wait "$pair_pid"
for name in usb nvme virtio scsi; do
	whole "$name"
	judged "$name"
done
at() { asks "$1" "[.[] | select(.event == \"mark\" and .what == \"$2\" and (.text // \"\") == \"$3\").t_us] | first"; }
is "usb: the disk came at login" "$(asks usb '([.[] | select(.event == "mark" and .text == "login").t_us] | first) < ([.[] | select(.event == "uevent" and .devname == "sda").t_us] | first)')" true
is "virtio: the disk came at single" "$([ "$(at virtio attached vda)" -gt "$(at virtio stage single)" ] && [ "$(at virtio attached vda)" -lt "$(at virtio stage init)" ] && echo yes)" yes
is "scsi: the disk came at init" "$([ "$(at scsi attached sda)" -gt "$(at scsi stage init)" ] && [ "$(at scsi attached sda)" -lt "$(at scsi stage login)" ] && echo yes)" yes
is "usb: order from single on" "$(asks usb '[.[] | select(.event == "mark" and .what == "seq").text] | join(",")')" single
is "usb: mdev's log from init on" "$(asks usb '[.[] | select(.event == "node" and .path == "/dev/mdev.log").state] | join(",")')" appeared
is "agent: no event at all" "$(for name in usb virtio; do asks "$name" '([.[] | select(.event == "mark" and .what == "table-write").t_us] | first) as $t | [.[] | select(.event == "uevent" and .t_us > $t)] | length'; done | tr '\n' ' ')" '0 0 '
is "nvme: sfdisk wrote the table" "$(asks nvme '[.[] | select(.event == "process" and .program == "sfdisk")] | length > 0')" true
is "nvme: two processors" "$(asks nvme '[.[] | select(.event == "log" and (.text | test("Brought up 1 node, 2 CPUs")))] | length')" 1
is "nvme: more for the command line" "$(asks nvme '[.[] | select(.event == "log" and (.text | test("Command line:.* loglevel=3")))] | length > 0')" true
is "virtio: the clock that was asked for" "$(asks virtio '[.[] | select(.event == "log" and (.text | test("setting system clock to 2038-01-19T03:1[34]")))] | length')" 1
is "scsi: the initramfs looked at the file systems" "$(asks virtio '[.[] | select(.event == "mount" and .state == "mounted").recovery_after] | unique | tojson')" '[false]'
is "the image is what it was" "$(image_sum "$disk")" "$sum"
is "two boots part" "$(
	"$source_tree/hostscripts/trace-diff" "$traces/usb" "$traces/scsi" >/dev/null
	echo $?
)" 1

# Many at once: IDE, which has no boot of its own above; with FULL=1 every kind of disk. Our own way leaves all nodes alone.
if [ "${FULL:-0}" = 1 ]; then
	kinds='ide nvme scsi usb virtio'
	set -- --runs 1
else
	kinds='ide ide'
	set -- --runs 2 --attach ide
fi
"$trace_boot" --matrix --seq no --method agent "$@" --json "$work/results" -q >"$work/out" 2>"$work/err"
is "matrix: status" $? 0
is "matrix: a result each" "$(jq -r '"\(.attach) \(.seq) \(.method) \(.missing) \(.lost) \(.failed)"' "$work/results" | sort)" \
	"$(for kind in $kinds; do echo "$kind no agent 0 false false"; done)"
ok "matrix: a table of counts" grep -Eq '^ide +power-on +no +no +agent +1 +([12]) +0 of \1' "$work/out"

# What cannot be.
refused() { # NAME STATUS PART [OPTION]...
	refused_name=$1 refused_status=$2 refused_part=$3
	shift 3
	"$trace_boot" "$@" >"$work/out" 2>"$work/err" </dev/null
	is "$refused_name: status" $? "$refused_status"
	ok "$refused_name: says why" grep -qF -e "$refused_part" "$work/err"
	is "$refused_name: nothing on standard output" "$(cat "$work/out")" ''
}
refused 'ide late' 2 'An IDE disk cannot be attached' --attach ide --attach-at login
refused 'no such way' 2 "--attach cannot be 'floppy'" --attach floppy
refused 'no such option' 2 'There is no option --fast' --fast
refused 'two images' 2 'one operand too many' one two
refused 'no value' 2 '--seq needs a value' --seq
refused 'a picture of many' 2 '--svg and --chrome are of one boot' --runs 2 --svg x
refused 'a shell in many' 2 '--break is of one boot' --matrix --break init
refused 'a matrix that comes late' 2 'needs an --attach' --matrix --attach-at login
refused 'held up for what' 2 'the time is a number of ms' --hold-up remove:sda1:long
refused 'held up by a path' 2 'a device is known by its name alone' --hold-up remove:../sda1
refused 'no such folder' 2 'There is no directory' --share "$work/none"
refused 'a trace over the image' 2 'is the image itself' --json "$disk" "$disk"
refused 'a picture over the image' 2 'is the image itself' --svg "$work/a disk, é/../a disk, é/disk.qcow2" "$disk"
refused 'no image' 10 'There is no file' "$work/none"
refused 'a folder' 10 'is a directory' "$work"
refused 'no disk in it' 10 '[table-not-mbr]' "$traces/fdisk"
truncate -s 64M "$work/extended"
printf 'label: dos\nstart=2048, size=16M, type=83\nstart=65536, type=5\n5 : start=69632, size=16M, type=83\n' | sfdisk -q "$work/extended"
refused 'an extended partition' 10 'has an extended partition' "$work/extended"
truncate -s 32M "$work/whole"
mke2fs -q -F "$work/whole"
refused 'a disk without a table' 10 'no partition table that could be written again' --method agent "$work/whole"
refused 'no trace' 10 'is no trace' --from "$disk"
refused 'a trace that is not there' 10 'There is no trace' --from "$work/none"
refused 'a clock that is none' 2 "cannot be 'tomorrow'" --rtc tomorrow
refused 'a picture that cannot be written' 40 'cannot be written' --from "$traces/fdisk" --svg "$work/none/x"
"$trace_boot" --from "$traces/fdisk" >/dev/full 2>"$work/err"
is "no room for what is shown" "$? $(grep -c '\[no-space\]' "$work/err")" '30 1'
"$trace_boot" --from "$traces/fdisk" 2>"$work/err" | head -n 1 >/dev/null
is "a reader that goes away" "$(cat "$work/err")" ''
mkfifo "$work/fifo"
"$trace_boot" --from "$traces/fdisk" --json "$work/fifo" >/dev/null 2>"$work/err" &
process=$!
has_begun() { [ -n "$(ls -A "$TMPDIR")" ]; }
has_ended() { ! kill -0 "$process"; }
await has_begun
sleep 1 # now it most likely waits for the pipe
kill -TERM "$process"
await has_ended && ended=yes || { ended=no && cat "$work/fifo" >/dev/null; }
wait "$process"
is "a pipe that nobody reads: a signal ends it" "$? $ended $(ls -A "$TMPDIR")" '30 yes '
ok "help" sh -c '"$1" --help | grep -q "^Usage: trace-boot"' - "$trace_boot"
is "version" "$("$trace_boot" --version)" 'trace-boot 0.1.0'

# A machine that ends without a word; and one that fails after some: what was recorded can be had.
# The stand-ins are only the machine: the host program itself makes the overlay.
cat >"$work/ends" <<EOF
#!/bin/sh
[ "\$1" = machine ] || exec '$build/grow-disk-host' "\$@"
exit 1
EOF
chmod +x "$work/ends"
GROW_DISK_HOST=$work/ends GROW_DISK_GUEST_DIR=$build "$trace_boot" --json "$work/failed" "$disk" >"$work/out" 2>"$work/err"
is "a machine without a result" "$? $(grep -c '\[guest-died\]' "$work/err") $(wc -l <"$work/err") $(ls "$work/failed" 2>/dev/null)" '70 1 1 '
cat >"$work/fails" <<EOF
#!/bin/sh
[ "\$1" = machine ] || exec '$build/grow-disk-host' "\$@"
while [ "\$1" != --events ]; do shift; done
echo '{"event":"mark","t_us":5,"what":"stage","text":"single"}' >"\$2"
echo '{"event":"fault","reason":"internal","message":"it broke","hint":""}' >>"\$2"
exit 70
EOF
chmod +x "$work/fails"
GROW_DISK_HOST=$work/fails GROW_DISK_GUEST_DIR=$build "$trace_boot" --json "$work/failed" "$disk" >"$work/out" 2>"$work/err"
is "a boot that fails: says so" "$? $(grep -c 'It broke; the image is unchanged. \[internal\]' "$work/err")" '70 1'
is "a boot that fails: its trace" "$(jq -r .event "$work/failed" | tr '\n' ' ')" 'trace fault mark '

# Another program writes to the image: the message names it.
"$images/openwrt-disk" "$work/disk.raw" || exit 1
for held in "$disk" "$work/disk.raw"; do
	qemu-io -f "$([ "$held" = "$disk" ] && echo qcow2 || echo raw)" "$held" -c 'sleep 60000' >/dev/null 2>&1 &
	holder=$!
	await_lock "$held"
	refused "in use, ${held##*.}" 30 "(qemu-io, process $holder)" "$held"
	"$trace_boot" --runs 2 --quiet "$held" >/dev/null 2>"$work/err" </dev/null
	is "in use, ${held##*.}, many: status" $? 30
	ok "in use, ${held##*.}, many: says why" grep -qF "(qemu-io, process $holder)" "$work/err"
	kill "$holder"
	wait "$holder" 2>/dev/null
done

# Interrupted, alone and with many: 30, and nothing is left.
runs() { [ -n "$(processes_with "$TMPDIR/trace-boot")" ]; }
runs_no_more() { ! runs; }
for many in '' '--runs 4'; do
	for signal in INT TERM; do
		# shellcheck disable=SC2086  # words
		setsid env --default-signal=INT,HUP,TERM "$trace_boot" $many "$disk" >/dev/null 2>"$work/err" </dev/null &
		process=$!
		await runs
		sleep 1
		kill -"$signal" "$process"
		wait "$process"
		is "SIG$signal${many:+, many}: status" $? 30
		ok "SIG$signal${many:+, many}: says so" grep -q "Interrupted by SIG$signal" "$work/err"
		await runs_no_more
		is "SIG$signal${many:+, many}: no process, no file" "$(processes_with "$TMPDIR/trace-boot")$(ls -A "$TMPDIR")" ''
	done
done
is "the image is still what it was" "$(image_sum "$disk")" "$sum"
done_testing
