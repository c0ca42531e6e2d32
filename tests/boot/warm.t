#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The warm start with the real virtual machine: the first run saves it, later ones go on with it; each is judged. What time
# it is, and which numbers are random, a machine that was saved must be told.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

cd "$work" || exit 1
export XDG_CACHE_HOME="$work/cache"
store=$XDG_CACHE_HOME/grow-disk/warm
saved() { find "$store" -name '*.machine'; }

# grow FILE [OPTION]...: grow-disk on it; $status, and how the machine was started in $start
grow() {
	file=$1 status=0
	shift
	GROW_DISK_GUEST_DIR=$build timeout -k 5 100 "$grow_disk" --json --accel tcg "$@" "$file" 512M >result 2>said </dev/null || status=$?
	start=$(jq -r '.start // .message' result)
}

# judged NAME START [OPTION]...: a copy of the disk is grown, started so, and the judge is content
judged() {
	name=$1 wanted=$2
	shift 2
	rm -rf disk.img facts
	cp --sparse=always "${disk:-openwrt.img}" disk.img
	"$judge" before disk.img 2 facts
	grow disk.img "$@"
	is "$name: grown, and how it was started" "$status $start" "0 $wanted" || sed 's/^/#   /' said
	ok "$name: the judge is content" "$judge" after disk.img facts --size 536870912 --quick
}

"$images/openwrt-disk" openwrt.img
judged "the first run" cold
is "one machine is saved" "$(saved | wc -l)" 1
inode=$(stat -c %i "$(saved)")
judged "the second run" warm
is "it is the same machine" "$(stat -c %i "$(saved)")" "$inode"
judged "--no-warm" cold --no-warm
cp --sparse=always openwrt.img disk.img
sum=$(image_sum disk.img)
grow disk.img --plan
is "a plan is warm, and changes nothing" "$status $start $(jq -r .changed result) $(image_sum disk.img)" "0 warm true $sum"

# -- time and random numbers --------------------------------------------------
# e2fsck gives a UUID to a file system that has none; the time of the last write is the guest's clock.
partition() { # partition FILE: the grown second partition of it, in p2
	rm -f p2
	dd if="$1" of=p2 bs=1M iflag=skip_bytes skip=$((33792 * 512)) conv=sparse status=none
}
"$images/mbr-disk" blank.img 121M part 2 33792 104M 83 - ext4 '-b 1024 -O ^metadata_csum'
partition blank.img
truncate -s $((212992 * 512)) p2
ok "a file system loses its UUID" tune2fs -f -U clear p2
dd if=p2 of=blank.img bs=1M oflag=seek_bytes seek=$((33792 * 512)) conv=notrunc,sparse status=none
for n in 1 2; do
	sleep 2 # the machine was saved a while ago
	cp --sparse=always blank.img disk.img
	begin=$(date +%s)
	grow disk.img
	end=$(date +%s)
	is "a file system without UUID, $n: grown" "$status $start" "0 warm" || sed 's/^/#   /' said
	partition disk.img
	ok "a file system without UUID, $n: it is sound" e2fsck -fn p2
	dumpe2fs -h p2 2>/dev/null >superblock
	written=$(date -d "$(sed -n 's/^Last write time: *//p' superblock)" +%s)
	is "the last write is in time, $n ($begin <= $written <= $end)" \
		"$([ "$begin" -le "$written" ] && [ "$written" -le "$end" ] && echo yes)" yes
	sed -n 's/^Filesystem UUID: *//p' superblock >"uuid.$n"
	ok "it has a UUID, $n" grep -qE '^[0-9a-f-]{36}$' "uuid.$n"
done
ok "two runs of the same saved machine draw different ones" [ "$(cat uuid.1)" != "$(cat uuid.2)" ]

# -- several at once ----------------------------------------------------------
runs=''
for n in 1 2 3 4; do
	mkdir "run.$n"
	cp --sparse=always openwrt.img "run.$n/disk.img"
	(cd "run.$n" && grow disk.img && echo "$status $start" >outcome) &
	runs="$runs $!"
done
# shellcheck disable=SC2086  # one word each
wait $runs
is "four at once: all grown, all warm" "$(cat run.?/outcome | tr '\n' ' ')" "0 warm 0 warm 0 warm 0 warm "
"$judge" before openwrt.img 2 facts.once
for n in 1 2 3 4; do
	ok "four at once, $n: the judge is content" "$judge" after "run.$n/disk.img" facts.once --size 536870912 --quick
done

# -- what was saved is damaged ------------------------------------------------
printf 'damaged' | dd of="$(saved)" bs=1 seek=20000000 conv=notrunc status=none
judged "a few bytes were changed" cold
truncate -s -4096 "$(saved)"
judged "the end is missing" cold
judged "then" warm

# What is whole, but nothing that QEMU can load: a QEMU that plays a guest saves it, the real one gets it.
cat >qemu <<'QEMU'
#!/bin/sh
[ ! -e "${0%/*}/play" ] || exec "$FAKE_QEMU_PROGRAM" "$@"
exec qemu-system-x86_64 "$@"
QEMU
chmod +x qemu
qemu-img create -q -f qcow2 -b "$work/openwrt.img" -F raw log.qcow2 512M
vm() { # vm: a machine with that QEMU; $status, $start
	status=0
	FAKE_QEMU_PROGRAM=$tests/host/fake-qemu FAKE_QEMU=ok FAKE_QEMU_BUILD_ID=$(cat "$build/build-id") \
		timeout -k 5 100 "$build/grow-disk-host" machine --qemu "$work/qemu" --guest "$build" --disk log.qcow2 --format qcow2 --accel tcg \
		--progress none --events events >said 2>&1 || status=$?
	start=$(jq -r 'select(.event == "machine").start' events | tr '\n' ' ')$(jq -r 'select(.event == "machine").qemu' events)
}
rm "$(saved)"
: >play
vm
is "a machine that is none is saved" "$status $start $(saved | wc -l)" "0 cold 7.2.22 1"
rm play
qemu_is=$(qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
bytes=$(stat -c %s "$(saved)")
vm
is "the real QEMU boots instead" "$status $start" "0 cold $qemu_is"
ok "and a real one is saved in its place" [ "$(stat -c %s "$(saved)")" -gt $((bytes + 10000000)) ]
qemu-img create -q -f qcow2 -b "$work/openwrt.img" -F raw log.qcow2 512M
vm
is "which the next run uses" "$status $start" "0 warm $qemu_is"

# -- to prepare ---------------------------------------------------------------
rm -rf "$XDG_CACHE_HOME"
ok "--prepare" timeout -k 5 100 "$build/grow-disk-host" machine --prepare --guest "$build" --accel tcg --progress none --events events
judged "a first run after --prepare" warm
is "no process is left" "$(processes_in "$work")" ''
done_testing
