#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Layers between the partition and its file system. lvm makes them in a rescue machine, where nothing of ours has a hand in
# it but the disk; and in another one lvm, e2fsck and sha256sum judge what became of them.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'layers' qemu-system-x86_64 qemu-img jq sfdisk mke2fs cryptsetup || done_testing
export GROW_DISK_GUEST_DIR="$build" TMPDIR="$work/tmp"
mkdir "$work/tmp" "$work/disks" "$work/files"
cd "$work/disks" || exit 1

"$images/tree" "$work/files"
files=$(cd "$work/files" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
truncate -s 40M ../fs.img
# Blocks as large as the sectors of the encryption: with smaller ones it could not be mounted.
mke2fs -q -t ext4 -b 4096 -L rootfs -U 8c1e4f5a-0c3b-4b59-9d43-6a4a3e0c5b01 -d "$work/files" ../fs.img

# in_guest COMMAND [OPTION]...: a shell's command in a rescue machine with the disk; its input is ours.
in_guest() {
	guest_command=$1
	shift
	"$source_tree/hostscripts/rescue-disk" --quiet --accel=tcg "$@" disk -- sh -ec "$guest_command"
}

# grown [OPTION]... SIZE: the result is in ../json, what was said in ../said.
grown() {
	status=0
	"$grow_disk" --json --accel tcg "$@" >../json 2>../said </dev/null || status=$?
}

# result EXPRESSION
result() { jq -c "$1" ../json; }

# refused NAME REASON TEXT [OPTION]...: and the image is what it was.
refused() {
	refused_name=$1 refused_reason=$2 refused_text=$3 refused_sum=$(image_sum disk)
	shift 3
	grown "$@" disk 1G
	is "$refused_name: refused" "$status $(result .reason)" "10 \"$refused_reason\"" || cat ../said
	ok "$refused_name: it says '$refused_text'" grep -qF -- "$refused_text" ../said
	is "$refused_name: the image is what it was" "$(image_sum disk)" "$refused_sum"
	is "$refused_name: nothing is left" "$(ls) $(ls -A "$TMPDIR")" 'disk '
}

# encrypt TYPE: the second partition gets a header of LUKS, and its key is ../key. Fast to open, for a machine that is emulated.
encrypt() {
	head -c 4096 /dev/urandom >../key
	truncate -s 180M ../luks
	case $1 in
	luks1) set -- luks1 --pbkdf-force-iterations 1000 ;;
	*) set -- luks2 --sector-size 4096 --pbkdf argon2id --pbkdf-memory "$2" --pbkdf-parallel 1 --pbkdf-force-iterations 4 ;;
	esac
	cryptsetup luksFormat -q --type "$@" --key-file ../key ../luks >../said 2>&1 || cat ../said
	"$images/mbr-disk" disk 200M part 1 2048 16M 83 boot ext4 part 2 34816 180M 83 - "$work/luks"
}

# header: the sum of what is in front of the encrypted data.
header() {
	dd if=disk bs=1M skip=17 count="$1" status=none | sha256sum
}

# files_on DEVICE: what is to be run in a guest to list the sums of all files.
files_on() {
	printf 'mount -o ro %s /mnt; cd /mnt; find . -type f ! -path "./lost*" -print0 | sort -z | xargs -0 sha256sum; cd /; umount /mnt' "$1"
}

# An MBR: a small partition, and the physical volume.
"$images/mbr-disk" disk 200M part 1 2048 16M 83 boot ext4 part 2 34816 180M 8e - -
ok 'lvm makes a volume group' in_guest '
	lvm pvcreate -q /dev/sda2
	lvm vgcreate -q -s 1M vg-0 /dev/sda2
	lvm lvcreate -q -y -L 40M -n root vg-0
	lvm lvcreate -q -y -L 20M -n other vg-0' --write --yes
ok 'a file system comes into it' sh -c "'$source_tree/hostscripts/rescue-disk' --quiet --accel=tcg --write --yes disk -- \
	sh -ec 'lvm vgchange -q -ay; dd of=/dev/vg-0/root bs=1M' <../fs.img"
cp --sparse=always disk ../lvm.img
first=$(head -c $((34816 * 512)) disk | tail -c +513 | sha256sum)

sum=$(image_sum disk)
grown --plan disk 1G
is 'a plan' "$status $(result .changed)" '0 true'
is 'it changes nothing' "$(image_sum disk)" "$sum"
planned=$(result '[.layers, .partition.sectors_after, .filesystem.blocks_after]')
grown disk 1G
is 'a volume is grown' "$status $(result .changed)" '0 true' || cat ../said
is 'as it was planned' "$(result '[.layers, .partition.sectors_after, .filesystem.blocks_after]')" "$planned"
is 'the partition fills the disk' "$(sfdisk --json disk | jq -c '.partitiontable.partitions[1] | [.start, .start + .size]')" '[34816,2097152]'
is 'what is before it stays' "$(head -c $((34816 * 512)) disk | tail -c +513 | sha256sum)" "$first"
in_guest "
	lvm pvck /dev/sda2 >/dev/null
	lvm pvs --noheadings -o pv_free,pv_pe_count --units b /dev/sda2
	lvm lvs --noheadings -o lv_name,lv_size --units m vg-0
	lvm vgchange -q -ay >/dev/null
	e2fsck -fn /dev/vg-0/root >&2
	dumpe2fs -h /dev/vg-0/root 2>/dev/null | grep '^Block \(count\|size\)'
	$(files_on /dev/vg-0/root)" >../judged 2>../judged.said </dev/null || cat ../judged.said
# 1 GiB less 17 MiB before the partition and 1 MiB before the extents; 20 MiB of it are the other's.
is 'lvm: all extents are used, by the right volume' "$(sed -n '1,3s/  */ /gp' ../judged | tr -d '\n')" \
	' 0B 1006 other 20.00m root 986.00m'
is 'the file system fills the volume' "$(sed -n 's/^Block.*: *//p' ../judged | awk 'NR == 1 { n = $1 } { b = $1 } END { print n * b }')" $((986 << 20))
is 'the files are there' "$(grep '  \./' ../judged | sha256sum)" "$files"
grown disk 1G
is 'a second run has nothing to do' "$status $(result .changed)" '0 false'

cp --sparse=always ../lvm.img disk
refused 'no such volume' no-such-volume 'other and root' --volume home
refused 'one without a file system' fs-unknown 'has no known contents' --volume vg-0/other

encrypt luks2 4096
refused 'LUKS without a key' key-missing '--key-file'
refused 'an empty key' key-missing 'is empty' --key-file /dev/null
refused 'no such key file' key-missing 'No such file' --key-file ../nothing

# What is inside comes from the same file system as before.
for kind in luks2 luks1; do
	encrypt "$kind" 4096
	ok "$kind: a file system comes into it" sh -c "cat ../key ../fs.img | '$source_tree/hostscripts/rescue-disk' --quiet --accel=tcg --write --yes disk -- sh -ec '
		head -c 4096 >/tmp/key
		cryptsetup open --key-file /tmp/key /dev/sda2 inside
		dd of=/dev/mapper/inside bs=1M'"
	cp --sparse=always disk ../luks.img
	before=$(header 2)
	head -c 4095 ../key >../wrong
	refused "$kind: another key" key-wrong 'no key slot' --key-file ../wrong
	sum=$(image_sum disk)
	grown --plan --key-file ../key disk 1G
	is "$kind: a plan" "$status $(result .changed)" '0 true' || cat ../said
	is "$kind: it changes nothing" "$(image_sum disk)" "$sum"
	planned=$(result '[.layers, .partition.sectors_after, .filesystem.blocks_after]')
	status=0
	"$grow_disk" --json --accel tcg --keep-log ../log --key-file - disk 1G >../json 2>../said <../key || status=$?
	is "$kind: what is inside is grown, by a key from standard input" "$status $(result .changed)" '0 true' || cat ../said
	is "$kind: as it was planned" "$(result '[.layers, .partition.sectors_after, .filesystem.blocks_after]')" "$planned"
	is "$kind: the header is what it was" "$(header 2)" "$before"
	ok "$kind: the log of the machine has the request" grep -q '"event":"key"' ../log
	# shellcheck disable=SC2016  # variables of perl
	ok "$kind: and not the key" perl -MMIME::Base64 -e 'local $/; my ($key, $log) = map { open my $file, "<:raw", $_ or die; <$file> } @ARGV;
		my $part = substr $key, 0, 15;
		exit grep { index($log, $_) >= 0 } $part, unpack("H*", $part), encode_base64($part, "")' ../key ../log
	grown --key-file ../key disk 1G
	is "$kind: a second run has nothing to do" "$status $(result .changed)" '0 false' || cat ../said
	in_guest "
		cat >/tmp/key
		cryptsetup open --readonly --key-file /tmp/key /dev/sda2 inside
		e2fsck -fn /dev/mapper/inside >&2
		echo \$((\$(blockdev --getsize64 /dev/mapper/inside) - \$(dumpe2fs -h /dev/mapper/inside 2>/dev/null | awk -F: '/^Block count/ { n = \$2 } /^Block size/ { b = \$2 } END { printf \"%d\", n * b }')))
		$(files_on /dev/mapper/inside)" <../key >../judged 2>../judged.said || cat ../judged.said
	ok "$kind: the file system fills it, up to a block" [ "$(head -n 1 ../judged)" -lt 4096 ]
	is "$kind: the files are there" "$(grep '  \./' ../judged | sha256sum)" "$files"
done

# As much memory as cryptsetup takes by itself on a machine of today.
if [ "${FULL:-0}" = 1 ]; then
	encrypt luks2 1048576
	ok 'a key of 1 GiB: a file system comes into it' sh -c "cat ../key ../fs.img | '$source_tree/hostscripts/rescue-disk' --quiet --accel=tcg --memory 1536 --write --yes disk -- sh -ec '
		head -c 4096 >/tmp/key
		cryptsetup open --key-file /tmp/key /dev/sda2 inside
		dd of=/dev/mapper/inside bs=1M'"
	grown --key-file ../key disk 1G
	is 'a key of 1 GiB: what is inside is grown' "$status $(result '[.changed, .filesystem.type]')" '0 [true,"ext4"]' || cat ../said
else
	diag 'FULL=1 opens a LUKS whose key takes 1 GiB of memory'
fi
done_testing
