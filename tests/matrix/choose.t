#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Which partition is meant, and what is in its way: layouts of Windows, of Debian's and of OPNsense's installers.
set -u
tests=$(dirname -- "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/agent.sh
. "$tests/lib/agent.sh"
cd "$work" || exit 1
esp=C12A7328-F81F-11D2-BA4B-00A0C93EC93B reserved=E3C9E316-0B5C-4DB8-817D-F92DF00215AE
data=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7 recovery=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC
swap=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F freebsd_swap=516E7CB5-6ECF-11D6-8FF8-00022D09712B
ufs=516E7CB6-6ECF-11D6-8FF8-00022D09712B
truncate -s 16M swap
mkswap swap >mkswap.said 2>&1

message() { tail -n 1 "$agent_events" | jq -r .message; }
hint() { tail -n 1 "$agent_events" | jq -r .hint; }
target() { jq -r 'select(.event == "plan") | .partition' "$agent_events"; }

# The partitions of Windows 10, each smaller than it is.
"$images/gpt-disk" disk.img 64M part 1 2048 8M $esp EFI - - part 2 18432 1M $reserved - - - \
	part 3 20480 16M $data Basic - - part 4 53248 2M $recovery - - -
truncate -s 128M disk.img
refused "Windows" disk.img root-not-last
is "Windows: both are named" "$(message)" \
	'partition 4 (Windows recovery, 2 MiB) is after partition 3 (Windows data, 16 MiB, "Basic"), which looks like the one to grow'
is "Windows: the hint" "$(hint)" '--partition 4 grows the last one'
refused "Windows, C: by its number" disk.img no-room-behind '"partition":3,"partition_only":true'
is "Windows: what is in the way" "$(message)" \
	'there is no free space after partition 3: partition 4 (Windows recovery, 2 MiB) begins there'
agent_run disk.img '"partition":4,"partition_only":true'
is "the recovery partition, by its number" "$agent_event $agent_changed $(target)" 'done true 4'

# Debian by BIOS, with one file system: root, and swap in an extended partition.
debian() {
	rm -f disk.img
	truncate -s 64M disk.img
	"$images/mbr-disk" disk.img 64M part 1 2048 32M 83 boot ext4
	printf '67584,8192,5\n' | sfdisk -q --append disk.img
	printf '69632,6144,82\n' | sfdisk -q --append disk.img
	dd if=swap of=disk.img bs=512 seek=69632 count=6144 conv=notrunc status=none
	truncate -s 128M disk.img
}
debian
is "the disk of Debian has partitions 1, 2 and 5" "$(sfdisk --json disk.img | jq -r '[.partitiontable.partitions[].node[-1:]] | join(" ")')" '1 2 5'
refused "Debian by BIOS" disk.img root-not-last
is "Debian by BIOS: both are named" "$(message)" \
	'partition 5 (swap, 3 MiB) is after partition 1 (Linux, 32 MiB), which looks like the one to grow'
refused "Debian by BIOS, the root by its number" disk.img no-room-behind '"partition":1'
is "Debian by BIOS: the swap is in the way, not its container" "$(message)" \
	'there is no free space after partition 1: partition 5 (swap, 3 MiB) begins there'

"$images/gpt-disk" disk.img 64M part 1 2048 8M $esp EFI - - part 2 18432 16M 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709 - - ext4 \
	part 3 51200 4M $swap - - -
truncate -s 128M disk.img
refused "Debian by UEFI" disk.img root-not-last
is "Debian by UEFI: both are named" "$(message)" \
	'partition 3 (swap, 4 MiB) is after partition 2 (Linux root, x86-64, 16 MiB), which looks like the one to grow'

"$images/gpt-disk" disk.img 64M part 1 2048 1M 83BD6B9D-7F41-11DC-BE0B-001560B84F0F - - - part 2 4096 16M $ufs rootfs - - \
	part 3 51200 4M $freebsd_swap swap - -
truncate -s 128M disk.img
refused "OPNsense" disk.img root-not-last
is "OPNsense: both are named" "$(message)" \
	'partition 3 (FreeBSD swap, 4 MiB, "swap") is after partition 2 (FreeBSD UFS, 16 MiB, "rootfs"), which looks like the one to grow'

# A swap that its type does not tell.
"$images/mbr-disk" disk.img 64M part 1 2048 16M 83 boot ext4 part 2 40960 8M 83 - ./swap
truncate -s 128M disk.img
refused "swap of type Linux behind a root" disk.img root-not-last

# The root is the one that says so, and else the largest.
"$images/gpt-disk" disk.img 64M part 1 2048 1M 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709 - - - part 2 18432 16M L - - - part 3 53248 2M $recovery - - -
refused "a root that says so" disk.img root-not-last
is "a root that says so is preferred" "$(message | grep -c 'after partition 1 (Linux root')" 1
"$images/gpt-disk" disk.img 64M part 1 2048 1M L boot - - part 2 18432 16M L - - - part 3 53248 2M $recovery - - -
refused "two that may be the root" disk.img root-not-last
is "else the largest" "$(message | grep -c 'after partition 2 (Linux, 16 MiB)')" 1

# Nothing before it that may hold a system: the last one is meant.
"$images/gpt-disk" disk.img 64M part 1 2048 8M $esp EFI - - part 2 20480 4M $swap - - -
truncate -s 128M disk.img
agent_run disk.img '"partition_only":true'
is "swap behind an EFI system partition alone" "$agent_event $agent_changed $(target)" 'done true 2'
"$images/gpt-disk" disk.img 64M part 1 20480 8M L - - - part 2 2048 4M $swap - - -
truncate -s 128M disk.img
agent_run disk.img '"partition_only":true'
is "swap before the root" "$agent_event $agent_changed $(target)" 'done true 1'

# chosen NAME FIELDS NUMBER WHY: in a plan
chosen() {
	printf '{"request":"plan","protocol":1,%s,"partition_only":true}\n' "$2" |
		"$agent" --disk disk.img --tools "$tools_dir" --run-dir "$work" >"$agent_events" 2>&1
	is "$1" "$(jq -r 'select(.event == "plan") | "\(.partition) \(.chosen_by)"' "$agent_events")" "$3 $4" || tail -n 1 "$agent_events" | sed 's/^/#   /'
}

# none NAME REASON FIELDS
none() { refused "$1" disk.img "$2" "$3,\"partition_only\":true"; }
by() { printf '"partition_by":"%s","partition_value":"%s"' "$1" "$2"; }
root='"partition_by":"root"'

"$images/gpt-disk" disk.img 96M part 1 2048 8M $esp EFI - - part 2 32768 8M L boot - ext4 '-L same' part 3 65536 8M L data - ext4 '-L rootfs' \
	part 4 98304 8M L 'data' - ext4 '-L same'
truncate -s 128M disk.img
chosen "by number" '"partition":2' 2 number
chosen "by nothing" '"repair":"safe"' 4 last
chosen "by the label of a file system" "$(by label rootfs)" 3 label
chosen "by its UUID" "$(by uuid 9D0B5E5E-0000-4000-8000-000000000002)" 2 uuid
chosen "by the name of an entry" "$(by partlabel boot)" 2 partlabel
chosen "by the UUID of an entry" "$(by partuuid 9d0b5e5e-0000-4000-9000-000000000004)" 4 partuuid
chosen "the root, by its label" "$root" 3 root-name
none "a label that two have" partition-ambiguous "$(by label same)"
is "both are listed" "$(message)" 'several partitions have the label same: partition 2 (Linux, 8 MiB, "boot"), partition 4 (Linux, 8 MiB, "data")'
none "a name that two have" partition-ambiguous "$(by partlabel data)"
none "a label that none has" no-such-partition "$(by label Rootfs)"
is "it is named" "$(message)" 'no partition has the label Rootfs'
none "a UUID that none has" no-such-partition "$(by partuuid 9d0b5e5e-0000-4000-9000-00000000000)"
for type in 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709 B921B045-1DF0-41C3-AF44-4C6F280D3FAE; do
	"$images/gpt-disk" disk.img 96M part 1 2048 8M $type - - - part 3 65536 8M L root - ext4 '-L rootfs'
	chosen "the root, by its type, before any name" "$root" 1 root-type
done

# What a system says of itself in its fstab, before any name; a type that says it comes first.
mkdir -p tree/etc
root_is() { printf '# /etc/fstab\nproc /proc proc defaults 0 0\n%s / ext4 defaults 0 1\nLABEL=none /srv ext4 defaults 0 2\n' "$1" >tree/etc/fstab; }
for device in LABEL=first UUID=9D0B5E5E-0000-4000-8000-000000000001 PARTUUID=9d0b5e5e-0000-4000-9000-000000000001 'PARTLABEL="boot"' \
	/dev/disk/by-label/first; do
	root_is "$device"
	"$images/gpt-disk" disk.img 96M part 1 2048 8M L boot - ext4 '-L first' part 2 32768 8M L data - ext4 "-L data -d $PWD/tree" part 3 65536 8M L root - ext4 '-L rootfs'
	chosen "the root, by an fstab: $device" "$root" 1 fstab
done
"$images/gpt-disk" disk.img 96M part 1 2048 8M L boot - ext4 '-L first' part 2 32768 8M L data - ext4 "-L data -d $PWD/tree" part 3 65536 8M 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709 - - ext4
chosen "a type is surer than an fstab" "$root" 3 root-type
for device in LABEL=nowhere /dev/sda1; do
	root_is "$device"
	"$images/gpt-disk" disk.img 96M part 1 2048 8M L boot - ext4 '-L first' part 2 32768 8M L data - ext4 "-L data -d $PWD/tree" part 3 65536 8M L root - ext4 '-L rootfs'
	chosen "an fstab that names none here: $device" "$root" 3 root-name
done
"$images/gpt-disk" disk.img 96M part 1 2048 8M $esp root - - part 2 32768 8M L - - ext4
chosen "the root, as the only partition of Linux" "$root" 2 only-linux
"$images/gpt-disk" disk.img 96M part 1 2048 8M L - - ext4 part 2 32768 8M L - - ext4
none "two that may be the root" partition-ambiguous "$root"
is "both may be the root" "$(message)" 'several partitions may be the root: partition 1 (Linux, 8 MiB), partition 2 (Linux, 8 MiB)'
"$images/gpt-disk" disk.img 96M part 1 2048 8M $esp root - - part 2 32768 8M $data - - -
none "nothing that looks like a root" no-such-partition "$root"

"$images/mbr-disk" --id 0x1234abcd disk.img 96M part 1 2048 8M 83 boot ext4 '-L kernel' part 2 32768 8M 83 - ext4 '-L rootfs'
truncate -s 128M disk.img
chosen "MBR: by signature and number" "$(by partuuid 1234ABCD-02)" 2 partuuid
chosen "MBR: the root, by its label" "$root" 2 root-name
none "MBR: another signature" no-such-partition "$(by partuuid 1234abce-02)"
none "MBR: no partition has a name" no-such-partition "$(by partlabel rootfs)"
truncate -s 32M whole.img
mke2fs -q -F -t ext4 -L rootfs whole.img
mv whole.img disk.img
for wish in "$root" "$(by label rootfs)"; do
	agent_run disk.img "$wish"
	is "a disk without a table: $wish" "$agent_event $agent_status" 'done 0'
done
refused "a disk without a table, another label" disk.img no-such-partition "$(by label other)"
done_testing
