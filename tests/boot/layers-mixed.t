#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Layers in each other, in a GPT and without a table: LVM in LUKS, LUKS on a logical volume; and which of several volumes is
# grown, where nobody names one. lvm makes one physical volume in a rescue machine; what it holds is put there, and taken out
# to be judged, on the host alone: by the text of lvm's metadata, and by QEMU's own LUKS.
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'layers in each other' qemu-system-x86_64 qemu-img jq sfdisk mke2fs mkfs.xfs xfs_repair xfs_db mkfs.btrfs btrfs cryptsetup mkswap || done_testing
export GROW_DISK_GUEST_DIR="$build" TMPDIR="$work/tmp"
mkdir "$work/tmp" "$work/disks" "$work/files" "$work/files/etc"
cd "$work/disks" || exit 1

# segments FILE AT VOLUME: where its pieces lie in the physical volume that begins at that byte: "AT BYTES", in order.
segments() {
	# shellcheck disable=SC2016  # variables of perl
	perl -e 'my ($path, $at, $volume) = @ARGV;
		open my $file, "<:raw", $path or die;
		sub bytes { my ($from, $size) = @_; seek $file, $at + $from, 0; read $file, my $read, $size; $read }
		my ($offset, $size) = unpack "Q<2", bytes(4096 + 40, 16);
		my $text = bytes(4096 + $offset, $size);
		my ($extent) = $text =~ /extent_size = (\d+)/;
		my ($first) = $text =~ /pe_start = (\d+)/;
		my ($of) = $text =~ /\n\s*\Q$volume\E \{\n(\s*id = .*?)(?=\n\s*\S+ \{\n\s*id = |\z)/s or die "no $volume";
		while ($of =~ /extent_count = (\d+)\s.*?stripes = \[\s*"pv0", (\d+)/sg) {
			printf "%d %d\n", $at + 512 * ($first + $2 * $extent), 512 * $1 * $extent;
		}' "$@"
}

# The payload of LUKS 1 that begins at a byte of a file, for qemu-img; of it, from a byte on so many.
payload() { # payload FILE AT BYTES FROM SIZE
	echo "driver=raw,offset=$4,size=$5,file.driver=luks,file.key-secret=key,file.file.driver=raw,file.file.offset=$2,file.file.size=$3,file.file.file.driver=file,file.file.file.filename=$1"
}
secret=secret,id=key,file=../key

# put CONTENT FILE AT: a content to that place. seal CONTENT FILE AT BYTES: into the LUKS there, which has so many.
put() { dd if="$1" of="$2" bs=1M seek="$3" oflag=seek_bytes conv=notrunc,sparse status=none; }
seal() {
	qemu-img convert -n -f raw --object "$secret" "$1" --target-image-opts "$(payload "$2" "$3" "$4" 0 "$(stat -c %s "$1")")"
}

# luks_at FILE AT BYTES: an empty LUKS; its payload is 2 MiB smaller.
luks_at() {
	rm -f ../luks
	truncate -s "$3" ../luks
	cryptsetup luksFormat -q --type luks1 --cipher aes-xts-plain64 --hash sha256 --pbkdf-force-iterations 1000 --key-file ../key ../luks
	truncate -s 2M ../luks
	put ../luks "$1" "$2"
}

# taken VOLUME FILE AT: the volume of the physical volume there, in ../volume.
taken() {
	rm -f ../volume
	segments "$2" "$3" "$1" >../segments
	while read -r at bytes; do
		dd if="$2" bs=1M iflag=skip_bytes,count_bytes skip="$at" count="$bytes" status=none >>../volume
	done <../segments
}
# opened FILE AT BYTES: what is in the LUKS there, in ../payload.
opened() {
	rm -f ../payload
	qemu-img convert -O raw --object "$secret" --image-opts "$(payload "$1" "$2" "$3" 0 $(($3 - (2 << 20))))" ../payload
}

# grown [OPTION]... SIZE: the result is in ../json, what was said in ../said.
grown() {
	status=0
	"$grow_disk" --json --accel tcg --key-file ../key "$@" >../json 2>../said </dev/null || status=$?
}
result() { jq -c "$1" ../json; }

# is_filled NAME FILE TYPE: by tools of the host: whole, and as large as it can be.
is_filled() {
	filled=$(stat -c %s "$2")
	case $3 in
	xfs)
		ok "$1: xfs_repair finds nothing" xfs_repair -n "$2"
		is "$1: it fills its device" "$(xfs_db -r -c 'sb 0' -c 'print dblocks' "$2")" "dblocks = $((filled / 4096))"
		;;
	btrfs)
		ok "$1: btrfs check finds nothing" btrfs check --readonly --check-data-csum "$2"
		is "$1: it fills its device" "$(btrfs inspect-internal dump-super "$2" | awk '$1 == "total_bytes" { print $2 }')" $((filled / 4096 * 4096))
		;;
	ext4)
		ok "$1: e2fsck finds nothing" e2fsck -fn "$2"
		is "$1: it fills its device" "$(dumpe2fs -h "$2" 2>/dev/null | sed -n 's/^Block count: *//p')" $((filled / 4096))
		;;
	esac
}

printf 'open sesame' >../key
"$images/tree" ../files
printf '# what is mounted\nproc /proc proc defaults 0 0\n/dev/mapper/vg--0-sys / ext4 defaults 0 1\nLABEL=other /srv ext4 defaults 0 2\n' >../files/etc/fstab
truncate -s 300M ../xfs ../btrfs
truncate -s 40M ../ext4 ../root
truncate -s 8M ../swap
mkfs.xfs -q -L system ../xfs
mkfs.btrfs -q -L system --rootdir ../files ../btrfs >../said 2>&1
mke2fs -q -t ext4 -b 4096 -L other ../ext4
mke2fs -q -t ext4 -b 4096 -d ../files ../root
mkswap ../swap >../said 2>&1

pv_bytes=$((380 << 20))
truncate -s $pv_bytes disk
# shellcheck disable=SC2016  # the guest's variables
ok 'lvm makes a volume group' "$source_tree/hostscripts/rescue-disk" --quiet --accel=tcg --write --yes disk -- sh -ec '
	lvm pvcreate -q /dev/sda
	lvm vgcreate -q -s 1M vg-0 /dev/sda
	for volume in swap_1:8 sys:320 data:40; do lvm lvcreate -q -y -W n -Z n -L "${volume#*:}M" -n "${volume%:*}" vg-0; done'
mv disk ../pv
sys_at=$(segments ../pv 0 sys | cut -d' ' -f 1) data_at=$(segments ../pv 0 data | cut -d' ' -f 1)
put ../swap ../pv "$(segments ../pv 0 swap_1 | cut -d' ' -f 1)"
sys_bytes=$((320 << 20))

# new_disk TABLE BYTES: an empty disk, whose last part has so many bytes from $at on.
new_disk() {
	rm -f disk
	at=0
	[ "$1" = none ] || at=$((17 << 20))
	truncate -s $((at + $2 + (at > 0 ? 1 << 20 : 0))) disk
	[ "$1" = none ] || printf 'label: gpt\nstart=2048, size=16M\nstart=34816, size=%d\n' $(($2 / 512)) | sfdisk -q disk
}

# LVM in LUKS, in a GPT: the root is the volume whose file system is labelled so, though another one could be grown as well.
cp --sparse=always ../pv ../inside
xfs_admin -L root ../xfs >../said
put ../xfs ../inside "$sys_at"
put ../ext4 ../inside "$data_at"
new_disk gpt $((pv_bytes + (2 << 20)))
luks_at disk "$at" $((pv_bytes + (2 << 20)))
seal ../inside disk "$at" $((pv_bytes + (2 << 20)))
grown disk 1G
is 'LVM in LUKS: grown' "$status $(result .changed)" '0 true' || cat ../said
is 'LVM in LUKS: the layers, and the volume by its label' "$(result '[.layers[] | .kind, .lv] | map(values)')" '["luks","lvm","sys"]' || cat ../json
is 'LVM in LUKS: the file system' "$(result '[.filesystem.type, .filesystem.label]')" '["xfs","root"]'
part=$(sfdisk --json disk | jq '.partitiontable.partitions[1].size * 512')
opened disk "$at" "$part"
taken sys ../payload 0
is 'LVM in LUKS: all that is free is the volume' "$(stat -c %s ../volume)" $((((part - (2 << 20)) / 1048576 - 1 - 48) << 20))
is_filled 'LVM in LUKS' ../volume xfs
ok 'LVM in LUKS: the other volume is what it was' cmp -i "0:$data_at" -n $((40 << 20)) ../ext4 ../payload
grown disk 1G
is 'LVM in LUKS: a second run has nothing to do' "$status $(result .changed)" '0 false' || cat ../said

# LUKS on a logical volume, without a table: swap is no candidate, and an encrypted volume is.
cp --sparse=always ../pv disk
luks_at disk "$sys_at" $sys_bytes
seal ../btrfs disk "$sys_at" $sys_bytes
head -c 512 /dev/urandom | dd of=disk conv=notrunc status=none
cp --sparse=always disk ../before
grown disk 1G
is 'LUKS on LVM, no table: grown' "$status $(result .changed)" '0 true' || cat ../said
is 'LUKS on LVM, no table: the layers' "$(result '[.layers[] | .kind, .lv] | map(values)')" '["lvm","sys","luks"]' || cat ../json
is 'LUKS on LVM, no table: no partition' "$(result '[.table.type, .partition]')" '["none",null]'
taken sys disk 0
is 'LUKS on LVM, no table: all that is free is the volume' "$(stat -c %s ../volume)" $(((1024 - 1 - 48) << 20))
ok 'LUKS on LVM, no table: the header is what it was' cmp -i "0:$sys_at" -n $((2 << 20)) ../volume ../before
ok 'LUKS on LVM, no table: so are the sectors before the label' cmp -n 512 disk ../before
opened ../volume 0 "$(stat -c %s ../volume)"
is_filled 'LUKS on LVM, no table' ../payload btrfs
mkdir ../restored
ok 'LUKS on LVM, no table: the files are read' btrfs restore -S ../payload ../restored
ok 'LUKS on LVM, no table: the files are there' diff --no-dereference -r ../files ../restored

# The same in a GPT with xfs; two volumes that nothing tells apart.
new_disk gpt $pv_bytes
cp --sparse=always ../pv ../inside
put ../ext4 ../inside "$data_at"
luks_at ../inside "$sys_at" $sys_bytes
seal ../xfs ../inside "$sys_at" $sys_bytes
put ../inside disk "$at"
sum=$(image_sum disk)
grown disk 1G
is 'two volumes that may be meant: refused' "$status $(result .reason)" '10 "volume-ambiguous"' || cat ../said
is 'two volumes that may be meant: the image is what it was' "$(image_sum disk)" "$sum"
grown --volume vg-0/sys disk 1G
is 'LUKS on LVM: grown' "$status $(result .changed)" '0 true' || cat ../said
taken sys disk "$at"
opened ../volume 0 "$(stat -c %s ../volume)"
is_filled 'LUKS on LVM' ../payload xfs
ok 'LUKS on LVM: sfdisk finds nothing' sfdisk -q --verify disk

# LVM in LUKS without a table: the root is the one whose own fstab says so.
rm -f disk
truncate -s $((pv_bytes + (2 << 20))) disk
cp --sparse=always ../pv ../inside
put ../root ../inside "$sys_at"
put ../ext4 ../inside "$data_at"
luks_at disk 0 $((pv_bytes + (2 << 20)))
seal ../inside disk 0 $((pv_bytes + (2 << 20)))
cp --sparse=always disk ../before
grown disk 1G
is 'LVM in LUKS, no table: grown' "$status $(result .changed)" '0 true' || cat ../said
is 'LVM in LUKS, no table: the volume, by its fstab' "$(result '[.layers[] | .kind, .lv] | map(values)')" '["luks","lvm","sys"]' || cat ../json
is 'LVM in LUKS, no table: its size before, and after' "$(result '.layers[0] | [.size_before_bytes, .size_after_bytes]')" "[$pv_bytes,$((1022 << 20))]" || cat ../json
ok 'LVM in LUKS, no table: the header is what it was' cmp -n $((2 << 20)) disk ../before
opened disk 0 $((1 << 30))
taken sys ../payload 0
is_filled 'LVM in LUKS, no table' ../volume ext4
ok 'LVM in LUKS, no table: the files are there' sh -c 'mkdir ../dumped && debugfs -R "rdump / ../dumped" ../volume && rm -rf ../dumped/lost+found && diff --no-dereference -r ../files ../dumped'
is 'LVM in LUKS, no table: nothing is left' "$(ls) $(ls -A "$TMPDIR")" 'disk '
done_testing
