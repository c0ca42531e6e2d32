# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# All combinations of features that mke2fs can make of one type and block size, each grown by the agent and, as a plain
# file, by native resize2fs: same number of blocks, clean, same files, and no more bytes on the host. To be sourced by
# a test with $tests, $type and $block set. Without FULL=1 only some of the 64 combinations are tried: of blocks of 4096
# bytes 16, in which any three features meet in all eight ways (the last two features are the parities of three others), of
# other blocks 8, in which any two meet in all four ways (the last three are the parities of two others).
# shellcheck disable=SC2154  # of the test, and of tap.sh and agent.sh

tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"

small=64 large=300   # MiB of the file system, before and after
rounding_bytes=16384 # what a host's file system may round up; it only counts where next to nothing is added
export E2FSPROGS_FAKE_TIME=1700000000 RESIZE2FS_FORCE_LAZY_ITABLE_INIT=1
made=0 grown=0 refused=0 repairable=0 added_ours=0 added_native=0

mkdir -p "$work/tree/etc/config" "$work/tree/lib"
umask 022
"$images/tree" "$work/large"
mv "$work/large/lib/library" "$work/large/lib/sparse" "$work/large/lib/many" "$work/tree/lib/"
echo 'in /etc/banner' >"$work/tree/etc/banner"
chmod 4750 "$work/tree/etc/banner"
ln -s banner "$work/tree/etc/link"
(cd "$work/tree" && find . -type d -printf 'ls -l "/%P"\n' && find . -type f -printf 'cat "/%P"\n') | grep -v '"/lib/many"' >"$work/look"
"$images/mbr-disk" "$work/empty.img" $((small + 1))M part 1 2048 ${small}M 83 boot -

# contents FS: a checksum of all files, modes, owners, sizes and times
contents() {
	debugfs -f "$work/look" "$1" 2>/dev/null | grep -av '^debugfs: ' | sed 's/^\( *[0-9]*  *4[0-7]* ([0-9])  *[0-9]*  *[0-9]*\)  *[0-9]* /\1 /' | sha256sum
}
blocks_of() {
	dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block count: *//p'
}
allocated() {
	echo $(($(stat -c '%b * %B' -- "$1")))
}

# native: grows $work/native; status 0 if that is clean
native() {
	force=
	case $1 in
	*' bigalloc'*) force=-f ;;
	esac
	cp --sparse=always -- "$work/fs" "$work/native"
	e2fsck -fp "$work/native" >/dev/null 2>&1
	native_added=$(allocated "$work/native")
	truncate -s ${large}M "$work/native"
	resize2fs $force "$work/native" >"$work/resize2fs" 2>&1 || return 1
	native_added=$(($(allocated "$work/native") - native_added))
	e2fsck -fn "$work/native" >"$work/e2fsck" 2>&1 && return 0
	e2fsck -fp "$work/native" >/dev/null 2>&1
	e2fsck -fn "$work/native" >/dev/null 2>&1 && [ "$(contents "$work/native")" = "$contents_before" ] &&
		repairable=$((repairable + 1))
	return 1
}

# ours: $work/disk.img holds the file system, grown by the agent
ours() {
	cp --sparse=always -- "$work/empty.img" "$work/disk.img"
	dd if="$work/fs" of="$work/disk.img" bs=4K seek=256 conv=notrunc,sparse status=none
	ours_added=$(allocated "$work/disk.img")
	truncate -s $((large + 1))M "$work/disk.img"
	agent_run "$work/disk.img"
	ours_added=$(($(allocated "$work/disk.img") - ours_added))
}

# compare: prints what is wrong
compare() {
	fs="$work/disk.img?offset=1048576"
	[ "$(head -c 446 "$work/disk.img" | sha256sum)" = "$(head -c 446 "$work/empty.img" | sha256sum)" ] || echo "the boot code changed"
	cmp -i 512 -n 1048064 "$work/disk.img" "$work/empty.img" || echo "the gap changed"
	sfdisk -d "$work/disk.img" 2>/dev/null | grep -q "start= *2048, size= *$((large * 2048)), type=83, bootable" || sfdisk -d "$work/disk.img"
	e2fsck -fn "$fs" >"$work/e2fsck" 2>&1 || { echo "not clean:" && tail -n 5 "$work/e2fsck"; }
	[ "$(contents "$fs")" = "$contents_before" ] || echo "the files changed"
	[ "$native_clean" = no ] || [ "$(blocks_of "$fs")" = "$(blocks_of "$work/native")" ] ||
		echo "$(blocks_of "$fs") blocks, and native resize2fs makes $(blocks_of "$work/native")"
	[ "$native_clean" = no ] || [ $((ours_added * 10)) -le $((native_added * 11 + rounding_bytes * 10)) ] ||
		echo "$ours_added bytes added on the host; native resize2fs adds $native_added"
}

# one NAME FEATURES
one() {
	rm -f -- "$work/fs"
	truncate -s ${small}M "$work/fs"
	if ! mke2fs -q -F -t "$type" -b "$block" -L matrix -O "$2" -d "$work/tree" "$work/fs" </dev/null >"$work/mke2fs" 2>&1; then
		return 0
	fi
	made=$((made + 1)) native_clean=yes
	contents_before=$(contents "$work/fs")
	native " $1" || native_clean=no
	ours
	case $1:$agent_event:$agent_reason in
	*bigalloc*:fault:fs-feature)
		refused=$((refused + 1))
		tap_line 0 "$1: refused (native clean: $native_clean)"
		return 0
		;;
	*:done:*) grown=$((grown + 1)) ;;
	*)
		tap_line 1 "$1: $agent_event $agent_reason"
		tail -n 2 "$agent_events" | sed 's/^/#   /'
		return 0
		;;
	esac
	if [ "$native_clean" = yes ]; then
		added_ours=$((added_ours + ours_added)) added_native=$((added_native + native_added))
	fi
	compare >"$work/complaints" 2>&1
	[ ! -s "$work/complaints" ]
	tap_line $? "$1"
	sed 's/^/#   /' "$work/complaints"
}

# bit N: of the combination
bit() { echo $(((combination >> $1) & 1)); }

sampled() {
	[ "${FULL:-0}" = 1 ] || if [ "$block" != 4096 ]; then
		[ "$(bit 3)$(bit 4)$(bit 5)" = "$((($(bit 0) + $(bit 1)) % 2))$((($(bit 0) + $(bit 2)) % 2))$((($(bit 1) + $(bit 2)) % 2))" ]
	else
		[ "$(bit 4)$(bit 5)" = "$((($(bit 0) + $(bit 1) + $(bit 2)) % 2))$((($(bit 1) + $(bit 2) + $(bit 3)) % 2))" ]
	fi
}

# Each feature on or off: the bits of a number.
combination=0 tried=0
while [ "$combination" -lt 64 ]; do
	sampled || {
		combination=$((combination + 1))
		continue
	}
	tried=$((tried + 1))
	rest=$combination name="$type $block" features=
	for feature in resize_inode 64bit metadata_csum flex_bg orphan_file bigalloc; do
		if [ $((rest % 2)) -eq 1 ]; then
			name="$name $feature" features=$features,$feature
		else
			features=$features,^$feature
		fi
		rest=$((rest / 2))
	done
	one "$name" "${features#,}"
	combination=$((combination + 1))
done
ok "mke2fs could make some of them" test "$made" -gt 0
diag "$type, blocks of $block: $made of $tried combinations can be made; $grown grown, $refused refused (native: $repairable damaged, but e2fsck -p repairs it, and all files are well); bytes added: ours $added_ours, native $added_native"
done_testing
