#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the benchmark stands on: costs are measured in full, nobody wins by doing nothing, and medians are medians.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

bench=$tests/../bench
measure=$build/bench/measure
[ -x "$measure" ] || {
	skip "the benchmark" "there is no $measure; make check-build makes it"
	done_testing
}
cd "$work" || exit 1

# cost KEY: what measure wrote
cost() { jq -r "$1" cost; }

mkdir folder
echo before >folder/image
# shellcheck disable=SC2016  # this is Perl
"$measure" -m -d folder -l '*.log' -o cost -- perl -e '
	my $memory = "x" x (64 << 20);                     # 64 MiB in this process
	open my $log, ">", "folder/a.log"; print $log "y" x (8 << 20); close $log;
	unless (fork) {                                     # an orphan that works for 0.5 s
		exit 0 if fork;
		while (1) { my ($user, $system) = times; exit 0 if $user + $system > 0.5 }
	}
	wait;
	select undef, undef, undef, 0.8;
	unlink "folder/a.log";
	exit 7'
is "the exit status is the command's" "$? $(cost .exit_status)" "7 7"
is "time" "$(cost '.wall_s >= 0.8 and .wall_s < 20')" true
is "processor time has that of orphans" "$(cost '.cpu_s >= 0.45')" true
is "the machine worked at least as much (but for the clock's ticks)" "$(cost '.machine_cpu_s + 0.1 >= .cpu_s')" true
is "memory has its peak" "$(cost '.peak_memory_bytes / 1048576 | . >= 64 and . < 200')" true
is "the log has its peak" "$(cost '.peak_log_bytes == 8388608')" true
is "the disk has its peak" "$(cost '.peak_disk_bytes - .disk_before_bytes == 8388608 and .disk_after_bytes == .disk_before_bytes')" true
"$measure" -o cost -- sh -c 'kill -KILL $$'
is "a signal is an exit status" "$(cost .exit_status)" 137
"$measure" -o cost -- sh -c 'trap "echo tidy >tidied; exit 3" TERM; sleep 60 & >ready; wait' &
pid=$!
until [ -e ready ]; do sleep 0.05; done
kill -TERM "$pid"
wait "$pid"
is "stopped, it lets the command tidy up" "$? $(cat tidied) $(cost .exit_status)" "143 tidy 3"

"$images/openwrt-disk" disk.raw
cp disk.raw idle.raw
truncate -s 1G idle.raw
cp idle.raw half.raw
echo ', +' | sfdisk -q --no-reread --no-tell-kernel -N 2 half.raw
verify() { "$bench/verify" "$1" raw "$2" 2 "$work"; }
is "a good disk" "$(verify disk.raw 126877696 | jq -c .)" '{"start_lba":33792,"used_inodes":155}'
is "one that is not larger" "$(verify disk.raw 1073741824)" "the disk has 126877696 bytes, not 1073741824"
is "one whose partition is not" "$(verify idle.raw 1073741824)" "the partition does not fill the disk: 33792 212992"
is "one whose file system is not" "$(verify half.raw 1073741824)" "the file system does not fill its partition"
dd if=/dev/zero of=disk.raw bs=1024 seek=$((33792 / 2 + 300)) count=3000 conv=notrunc status=none
is "one that is damaged" "$(verify disk.raw 126877696 | cut -c 1-8)" "e2fsck: "

echo '{"cores": 2, "date": "", "cpu": "", "memory_bytes": 1, "kernel": "", "work_fs": "", "accelerator": "", "versions": {"libguestfs": ""}}' >facts
line() {
	printf '{"set": "main", "case": "openwrt", "peer": "%s", "run": %s, "ok": true, "load_before": 0, "wall_s": %s, "cpu_s": 1, "machine_cpu_s": 1, "disk_before_bytes": 10, "disk_after_bytes": 30' "$1" "$2" "$3"
	printf ', "peak_memory_bytes": 1048576, "peak_disk_bytes": 50, "peak_log_bytes": 20}\n'
}
{
	line grow-disk 0 99
	line grow-disk 1 9
	line grow-disk 2 2
	line grow-disk 3 3
	line host-tools 0 99
	line host-tools 1 1
	line host-tools 2 2
	echo '{"set": "main", "case": "openwrt", "peer": "guestfish", "skipped": "not here"}'
} >runs
jq -s --slurpfile facts facts -f "$bench/summary.jq" runs >summary
is "medians, without the run that was not timed" "$(jq -c '[.contenders[] | .wall_s]' summary)" '[3,1.5,null]'
is "ratios are to host tools" "$(jq -c '[.contenders[] | .ratio]' summary)" '[2,1,null]'
is "bytes are those added" "$(jq -c '.contenders[0] | [.added_bytes, .peak_added_bytes, .peak_log_bytes]' summary)" '[20,40,20]'
is "a goal that is missed" "$(jq -c '[.goals[] | select(.value != null) | .met]' summary)" '[false,true]' # 2 > 1; 1 MiB <= 160 MiB
jq -r -f "$bench/table.jq" summary >table.md
is "who was skipped is in the table" "$(grep -c '^| guestfish | skipped: not here |' table.md)" 1
# shellcheck disable=SC2016  # this too
ok "the plot is XML" perl -0ne '
	my @open;
	while (m{<(/?)([a-z]+)[^>]*?(/?)>}g) { if ($1) { die "$2" if pop @open ne $2 } elsif (!$3) { push @open, $2 } }
	die "open: @open" if @open' "$(jq -r -f "$bench/plot.jq" summary >plot.svg && echo plot.svg)"
is "with a bar for each" "$(grep -c '<rect x=' plot.svg)" 2
done_testing
