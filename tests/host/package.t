#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package: what is in it, what it depends on, that lintian finds nothing, and that two builds are equal. It is
# made of the programs that are built already. `make check-package` installs it in bare Debian systems.
# shellcheck disable=SC2016 # scripts for other shells are in single quotes
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
need 'the Debian package' dpkg-deb dpkg-buildpackage dh lintian || done_testing
export DEB_COMPRESSION='-Zgzip -z1'

# field NAME: of the package
field() { dpkg-deb --field "$deb" "$1"; }

# names: of a list of dependencies, one a line, without versions
names() { sed 's/, */\n/g; s/ *([^)]*)//g' | sort; }

# listed SECTION...: the packages of these sections
listed() { awk -v sections=" $* " '!/^#/ && NF && index(sections, " " $2 " ") { print $1 }' "$source_tree/initramfs/host-packages" | sort -u; }

mkdir "$work/a folder"
ok 'the package is built' "$source_tree/packaging/deb" "$work/one" || done_testing
deb=$(find "$work/one" -name '*.deb')
if [ "${FULL:-0}" = 1 ]; then
	ok 'and again, with another umask and time zone' sh -c 'umask 077; TZ=Asia/Tokyo "$1" "$2"' - "$source_tree/packaging/deb" "$work/a folder/two"
	is 'both are equal' "$(sha256sum <"$(find "$work/a folder" -name '*.deb')")" "$(sha256sum <"$deb")"
fi

version=$(sed -n 's/^VERSION := //p' "$source_tree/Makefile")
is 'its name has version and architecture' "${deb##*/}" "grow-disk_${version}_amd64.deb"
is 'its version is that of the Makefile' "$(field Version)" "$version"
# What it is linked with, dpkg-shlibdeps finds out by itself.
is 'it depends on what host-packages calls run, and libc6' "$(field Depends | names | tr '\n' ' ')" \
	"$({ listed run; echo libc6; } | sort | tr '\n' ' ')"
is 'to build it takes what host-packages calls build, but what every build has' \
	"$(sed -n '/^Build-Depends:/,/^Standards/p' "$source_tree/debian/control" | sed 's/^Build-Depends://; /^Standards/d; s/,$//; s/^ *//; s/ (.*//' |
		grep -v debhelper-compat | sort | tr '\n' ' ')" \
	"$(listed build | grep -vx -e gcc -e libc6-dev -e make | tr '\n' ' ')"
is 'Built-Using names the source packages of all parts' \
	"$(field Built-Using | names | tr '\n' ' ')" "$(jq -r '.[].source' "$build/contents.json" | sort -u | tr '\n' ' ')"

dpkg-deb --contents "$deb" >"$work/contents"
awk '{ print $6 }' "$work/contents" | grep -v '/$' | sort >"$work/files"
for file in bin/grow-disk bin/rescue-disk bin/trace-boot bin/trace-diff libexec/grow-disk/grow-disk-host libexec/grow-disk/rescue-native \
	libexec/grow-disk/kernel libexec/grow-disk/initramfs.cpio libexec/grow-disk/tools.img libexec/grow-disk/build-id \
	libexec/grow-disk/contents.json share/man/man1/grow-disk.1.gz share/bash-completion/completions/grow-disk \
	share/zsh/vendor-completions/_grow-disk share/doc/grow-disk/copyright share/doc/grow-disk/grow-disk.spdx.json \
	share/doc/grow-disk/NOTICE share/doc/grow-disk/CHANGELOG.md share/doc/grow-disk/changelog.gz share/doc/grow-disk/README.md share/doc/grow-disk/docs/reason-codes.md; do
	ok "in it: /usr/$file" grep -qxF "./usr/$file" "$work/files"
done
is 'it lies in /usr alone' "$(grep -v '^\./usr/' "$work/files")" ''
is 'all of it belongs to root' "$(awk '{ print $2 }' "$work/contents" | sort -u)" root/root
is 'nothing runs with the rights of another, and only root may write' "$(awk '$1 ~ /s/ || ($1 !~ /^l/ && $1 ~ /^(.....w|........w)/)' "$work/contents")" ''
dpkg-deb --extract "$deb" "$work/root"
for file in kernel initramfs.cpio tools.img rescue-native; do
	is "the $file is the built one" "$(sha256sum <"$work/root/usr/libexec/grow-disk/$file")" "$(sha256sum <"$build/$file")"
done
is 'the installed command says its version' "$("$work/root/usr/bin/grow-disk" --version)" "grow-disk $version"
is 'and names the same parts' "$("$work/root/usr/bin/grow-disk" --version --json | jq -c .parts)" "$(jq -c . "$build/contents.json")"
is 'a link in a document leads to a file' "$(cd "$work/root/usr/share/doc/grow-disk" &&
	grep -oE '\]\(docs/[^)#]+' README.md | sed 's/](//' | sort -u | while read -r name; do [ -e "$name" ] || case $name in docs/man*) ;; *) echo "$name" ;; esac; done)" ''

lintian --no-cfg --fail-on error,warning --tag-display-limit 0 "$deb" >"$work/lintian" 2>&1
is 'lintian finds neither errors nor warnings' "$(grep -E '^[EW]:' "$work/lintian")" ''
ok 'and has looked' sh -c '! grep -iE "cannot|fail|internal error" "$1"' - "$work/lintian"
is 'each override says why' "$(awk '/^grow-disk/ && previous !~ /^#/ { print } { previous = $0 }' "$source_tree/debian/grow-disk.lintian-overrides")" ''
done_testing
