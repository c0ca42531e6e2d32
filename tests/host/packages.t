#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every program that the scripts of the tree name is there on a machine that had nothing
# but a minimal Debian before initramfs/install-packages: it comes with a package that
# initramfs/host-packages lists, with one that such a package depends on, or with one that
# every Debian has.
# shellcheck disable=SC2016,SC2154  # scripts that are written expand it; work and source_tree come from tap.sh
set -u
tests=$(dirname "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
cd "$source_tree" || exit 1
need "programs and packages" dpkg perl || done_testing

# What a minimal Debian 12 has (essential or required), as far as it brings programs.
minimal='apt base-files base-passwd bash bsdutils coreutils dash debianutils diffutils dpkg findutils grep gzip hostname
	libc-bin login mawk mount ncurses-bin passwd perl-base sed sysvinit-utils tar util-linux'
# Of sections that a machine for tests does not install: the program, and its package.
others='clang-14:clang-14 depmod:kmod guestfish:libguestfs-tools virt-resize:libguestfs-tools qemu-system-aarch64:qemu-system-arm'

# listed SECTION...: the packages of these sections
listed() {
	awk -v sections=" $* " '!/^#/ && NF && index(sections, " " $2 " ") { print $1 }' initramfs/host-packages
}

# depends_of PACKAGE...: what they depend on themselves
depends_of() {
	dpkg-query -W -f '${Depends}\n' "$@" 2>/dev/null | sed 's/[,|]/\n/g' | sed 's/^ *//; s/[ (:].*//; /^$/d' | sort -u
}

# programs_of PACKAGE...: the programs that they bring
programs_of() {
	dpkg -L "$@" 2>/dev/null | sed -n 's|^\(/usr\)\{0,1\}/s\{0,1\}bin/\([^/]*\)$|\2|p' | sort -u
}

# named FILE...: the programs that they name, but those of the tree itself
named() {
	"$tests/lib/programs" "$@" | while read -r program place; do
		[ -e "$images/$program" ] || printf '%s %s\n' "$program" "$place"
	done
}

# unlisted FILE...: of these the programs that none of $work/provided is, nor stands behind, nor can stand behind (awk is
# a link to mawk, or to gawk where somebody has installed that)
unlisted() {
	named "$@" | while read -r program place; do
		! grep -qxF -e "$program" "$work/provided" || continue
		{
			readlink -f "$(command -v "$program")"
			update-alternatives --list "$program"
		} 2>/dev/null | sed 's/.*\///' >"$work/behind"
		grep -qxF -f "$work/provided" "$work/behind" || printf '%s %s\n' "$program" "$place"
	done
}

scripts() {
	find .ci bench hostscripts initramfs packaging tests -type f ! -path 'tests/fuzz/corpus/*' -exec awk '
		FNR <= 3 && /^(#!.*(sh|perl)$|# shellcheck shell=sh)/ { print FILENAME }
		FNR == 3 { nextfile }' {} + | sort -u
}

# shellcheck disable=SC2046  # a list of words
set -- $(listed run build test package)
# shellcheck disable=SC2046,SC2086  # these, too
programs_of $minimal "$@" $(depends_of "$@") >"$work/provided"
for other in $others; do
	is "the package of ${other%:*} is listed" "$(listed fuzz bench aarch64 | grep -xF "${other#*:}")" "${other#*:}"
	printf '%s\n' "${other%:*}" >>"$work/provided"
done
scripts >"$work/scripts"
ok "there are many scripts" [ "$(wc -l <"$work/scripts")" -gt 150 ]
# shellcheck disable=SC2046  # their names have no blanks
is "every program is brought by a package" "$(unlisted Makefile $(cat "$work/scripts"))" ''

# Programs that only a quoted text in C names. What else begins so: a folder, a name that no
# program has, and the packages that messages name.
qemu_programs() {
	grep -rhoE '"qemu-[a-z0-9_-]+"' rescue bench tests --include='*.[ch]' | tr -d '"' | sort -u |
		grep -vxF -e qemu-bundle -e qemu-that-is-not-there -e "$(listed run aarch64)"
}
qemu_programs >"$work/qemus"
ok "C names programs of QEMU" grep -qx qemu-system-x86_64 "$work/qemus"
is "and a package brings each" "$(grep -vxFf "$work/provided" "$work/qemus")" ''

# -- the search sees programs where they stand, and nowhere else ----------------
cat >"$work/script" <<'END'
#!/bin/sh
# comment-program is none
one-program x; two-program | three-program && ! four-program || X=1 five-program
text="$(six-program "$(seven-program)" 'quoted-program')"
case $text in
pattern-program | other-pattern) eight-program ;;
*) nine-program ${x:-$(ten-program)} ;;
esac
own_function() { eleven-program; }
own_function argument-program
for shell in dash 'twelve-program sh'; do exec env A=b thirteen-program; done
cat <<-EOF >file-program
	document-program
EOF
if fourteen-program; then "$variable-program"; fi
n=$((1 + $(fifteen-program)))
ok "a name" sixteen-program; is "$(seventeen-program)" word-program
END
is "what a script names" "$("$tests/lib/programs" "$work/script" | sed 's/ .*//' | sort | tr '\n' ' ')" \
	"cat dash eight-program eleven-program env fifteen-program five-program four-program fourteen-program is nine-program ok one-program seven-program seventeen-program six-program sixteen-program ten-program thirteen-program three-program twelve-program two-program "
printf 'all: x.o\n\t$(Q)$(CC) -o $@ $$(one-program) | two-program\n\nX := $(shell three-program x)\nCC := four-program\n' >"$work/Makefile"
is "what a makefile names" "$("$tests/lib/programs" "$work/Makefile" | sed 's/ .*//' | sort | tr '\n' ' ')" "four-program one-program three-program two-program "
printf '#!/bin/sh\nno-such-program x\n' >"$work/script"
is "a program that no package brings is found" "$(unlisted "$work/script")" "no-such-program $work/script:2"
# A shell that tests are run by, and that a test once missed on a fresh machine.
grep -vx busybox "$work/provided" >"$work/fewer"
mv "$work/fewer" "$work/provided"
printf '#!/bin/sh\nfor shell in dash "busybox sh"; do $shell x; done\n' >"$work/script"
is "nor is a shell of a loop overlooked" "$(unlisted "$work/script")" "busybox $work/script:2"
done_testing
