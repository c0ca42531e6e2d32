#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the list of parts says (grow-disk --version --json, and the SPDX document of the package), held against what is really
# in the rescue image and on the tools disk: each file by its checksum, each program by the version that it prints itself.
# shellcheck disable=SC2016 # scripts for other shells are in single quotes
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'the list of parts' jq cpio debugfs dpkg-parsechangelog || done_testing
spdx=$work/grow-disk.spdx.json
version=$(sed -n 's/^VERSION := //p' "$source_tree/Makefile")
ok 'the SPDX document is made' sh -c '"$1" "$2" "$3" >"$4"' - "$source_tree/packaging/sbom" "$version" "$build" "$spdx" || done_testing

# what PROGRAM: of the document
what() { jq -r "$1" "$spdx"; }

is 'it is SPDX 2.3' "$(what '[.spdxVersion, .dataLicense, .SPDXID] | join(" ")')" 'SPDX-2.3 CC0-1.0 SPDXRef-DOCUMENT'
is 'every element has an identifier of its own, well formed' \
	"$(what '[.packages[].SPDXID, .files[].SPDXID] | (group_by(.)[] | select(length > 1)[0]), (.[] | select(test("^SPDXRef-[A-Za-z0-9.-]+$") | not))')" ''
is 'every relationship leads from one to another' \
	"$(what '([.SPDXID, .packages[].SPDXID, .files[].SPDXID]) as $ids | .relationships[] | .spdxElementId, .relatedSpdxElement | select(. as $id | $ids | index($id) | not)')" ''
is 'every package has what the format demands' \
	"$(what '.packages[] | select((.name and .versionInfo and .licenseConcluded and .licenseDeclared and .copyrightText and .downloadLocation) | not) | .SPDXID')" ''
is 'grow-disk contains every other package' \
	"$(what '([.relationships[] | select(.relationshipType == "CONTAINS") | .relatedSpdxElement] | sort | join(" "))')" \
	"$(what '[.packages[].SPDXID | select(. != "SPDXRef-Package-grow-disk")] | sort | join(" ")')"
is 'it can be made again with the same bytes' "$("$source_tree/packaging/sbom" "$version" "$build" | sha256sum)" "$(sha256sum <"$spdx")"
jq '. + [.[0] + {source: "another", package: "another"}]' "$build/contents.json" >"$work/contents.json"
ok 'other contents can be named' sh -c '"$1" "$2" "$3" "$4" | jq -e ".packages | any(.name == \"another\")"' - "$source_tree/packaging/sbom" "$version" "$build" "$work/contents.json"

# -- the files ----------------------------------------------------------------------
mkdir "$work/guest" "$work/tools"
(cd "$work/guest" && cpio -idm --quiet --no-preserve-owner <"$build/initramfs.cpio" 2>/dev/null)
debugfs -R "rdump / $work/tools" "$build/tools.img" >"$work/debugfs" 2>&1
# found PLACE FOLDER: path and checksum of each file in it; another name of the same file is none of its own
found() {
	(cd "$2" && find . -type f ! -name resize.f2fs ! -path './lost+found*' -exec sha256sum {} +) | sed 's/^\([0-9a-f]*\)  \.\/\(.*\)/\2 \1/' |
		sed "s/^/$1\//" | sort
}
listed() {
	what ".files[] | select(.fileName | startswith(\"./$1/\")) | (.fileName | ltrimstr(\"./\")) + \" \" + (.checksums[] | select(.algorithm == \"SHA256\") | .checksumValue)" | sort
}
ok 'the rescue image has files' [ "$(found initramfs.cpio "$work/guest" | wc -l)" -gt 8 ]
is 'the document has each file of the rescue image, and no other' "$(listed initramfs.cpio)" "$(found initramfs.cpio "$work/guest")"
is 'and each of the tools disk' "$(listed tools.img)" "$(found tools.img "$work/tools")"
for file in kernel rescue-native initramfs.cpio tools.img; do
	is "the checksum of $file" "$(what ".files[] | select(.fileName == \"./$file\") | .checksums[] | select(.algorithm == \"SHA1\") | .checksumValue")" \
		"$(sha1sum <"$build/$file" | cut -c 1-40)"
done
is 'each file comes from one part' "$(what '([.relationships[] | select(.relationshipType == "GENERATED_FROM") | .spdxElementId] | sort) == ([.files[].SPDXID] | sort)')" true

# -- the versions, by the programs themselves -----------------------------------------------
# says PART COMMAND...: the command, run here, prints the upstream version of that part.
says() {
	part=$1
	shift
	upstream=$(jq -r --arg part "$part" '.[] | select(.part == $part) | .source_version | sub("^[0-9]+:"; "") | sub("-[^-]*$"; "")' "$build/contents.json")
	ok "$part has the version $upstream" sh -c 'version=$1 && shift && "$@" 2>&1 | grep -F -- "$version"' - "$upstream" "$@"
}
says e2fsprogs "$work/guest/sbin/e2fsck" -V
says e2fsprogs "$work/guest/sbin/resize2fs"
says util-linux "$work/guest/sbin/sfdisk" --version
says util-linux "$work/guest/sbin/blkid" --version
says busybox "$work/guest/bin/busybox"
says xfsprogs "$work/tools/xfs_repair" -V
says btrfs-progs "$work/tools/btrfs" --version
says f2fs-tools "$work/tools/fsck.f2fs" -V
says lvm2 "$work/tools/lvm" version
says cryptsetup "$work/tools/cryptsetup" --version
says kernel sh -c 'strings "$1" | grep "^Linux version"' - "$build/kernel"

# -- one list in all places -----------------------------------------------------------------
"$grow_disk" --version --json >"$work/version"
is 'grow-disk --version --json has the same list' "$(jq -S .parts "$work/version")" "$(jq -S . "$build/contents.json")"
is 'and the version' "$(jq -r '"\(.program) \(.version) \(.schema)"' "$work/version")" "grow-disk $version 1"
is 'and the build of the guest' "$(jq -r .build_id "$work/version")" "$(cat "$work/guest/etc/build-id")"
is '--json may stand in front' "$("$grow_disk" --json --version)" "$(cat "$work/version")"
mkdir "$work/none"
is 'without the list, parts is null' "$(GROW_DISK_GUEST_DIR="$work/none" "$grow_disk" --version --json | jq -c '[.parts, .build_id]')" '[null,null]'
ok 'a result that cannot be printed is no success' sh -c '! "$1" --version --json >/dev/full' - "$grow_disk"
is 'NOTICE has the licence of each source package in initramfs/sources' \
	"$(sed -n '/^    source /,/^$/p' "$source_tree/NOTICE" | awk 'NR > 1 && NF { print $1 }' | sort)" \
	"$(awk '/^[^#]/ && $5 != "-" { print $5 }' "$source_tree/initramfs/sources" | sort -u)"
is 'every library in the list is one of host-packages' \
	"$(awk '/^[^#]/ && $2 == "host" && $3 != "libgcc-12-dev" { print $3 }' "$source_tree/initramfs/sources" | while read -r package; do
		awk '$2 == "build" { print $1 }' "$source_tree/initramfs/host-packages" | grep -qxF "$package" || echo "$package"
	done)" ''
done_testing
