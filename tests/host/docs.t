#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What documents, man pages and completions say, held against the tree: every option of --help is in the man page and in the
# completion of its command, the man pages are well formed, one version stands everywhere, every link leads to a file.
# shellcheck disable=SC2016 # scripts for other shells are in single quotes
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
cd "$source_tree" || exit 1
[ -x "$build/grow-disk-host" ] || export GROW_DISK_HOST="$build/asan/grow-disk-host"
commands=$(sed -n 's/^COMMANDS := //p' Makefile)
version=$(sed -n 's/^VERSION := //p' Makefile)

# help_options COMMAND: the long options that --help names at the beginning of a line.
help_options() { "hostscripts/$1" --help | sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+).*/\2/p' | sort -u; }

# table_options COMMAND: those of the completion.
table_options() { awk -v command="$1" '($1 == command || $1 == "*") && $2 ~ /^--/ { print $2 }' hostscripts/completions/table | sort -u; }

# man_options FILE: those that a paragraph of its own explains.
man_options() {
	awk '/^\.TP/ { heading = 1; next } heading { print; heading = 0 }' "$1" | sed 's/\\-/-/g; s/\\f[A-Z]//g' |
		grep -oE -e '--[a-z][a-z-]*' | sort -u
}

for command in $commands; do
	help_options "$command" >"$work/help"
	ok "$command --help names options" grep -qx -e --version "$work/help"
	is "$command: the completion has the options of --help" "$(table_options "$command" | diff "$work/help" -)" ''
	is "$command: each is explained in the man page" "$(man_options "docs/man/$command.1" | comm -23 "$work/help" -)" ''
	is "$command: the man page explains no other" "$(man_options "docs/man/$command.1" | comm -13 "$work/help" -)" ''
done

if need 'the man pages are well formed' mandoc; then
	for page in docs/man/*.1; do
		is "$page is well formed" "$(mandoc -T lint -W warning "$page")" ''
	done
	printf '.TH X 1\n.SH NAME\nx\n.BX\n' >"$work/bad.1"
	ok 'mandoc finds what is not' sh -c '[ -n "$(mandoc -T lint -W warning "$1")" ]' - "$work/bad.1"
fi
is 'each command has a man page' "$(for command in $commands; do [ -e "docs/man/$command.1" ] || echo "$command"; done)" ''

# -- one version -------------------------------------------------------------------
is 'the version of debian/changelog' "$(sed -n '1s/^grow-disk (\([^)]*\)).*/\1/p' debian/changelog)" "$version"
is 'the version of the scripts' "$(sed -n 's/^grow_disk_version=//p' hostscripts/lib/common.sh)" "$version"
for page in docs/man/*.1; do
	is "the version of $page" "$(sed -n 's/^\.TH [^ ]* 1 "[-0-9]*" "grow-disk \([^"]*\)".*/\1/p' "$page")" "$version"
done
for command in $commands; do
	is "$command --version" "$("hostscripts/$command" --version)" "$command $version"
done

# -- links ----------------------------------------------------------------------------
# broken FILE...: links to files that are not there, as "file: link"
broken() {
	for file; do
		grep -oE '\]\([^)]+\)' "$file" | sed 's/^](//; s/)$//; s/#.*//' | grep -vE '^$|^[a-z]+:' | while IFS= read -r link; do
			[ -e "${file%/*}/$link" ] || printf '%s: %s\n' "$file" "$link"
		done
	done
}
find . -name '*.md' ! -path './build/*' | sort >"$work/documents"
# shellcheck disable=SC2046 # their names have no blanks
is 'every link leads to a file' "$(broken $(cat "$work/documents"))" ''
printf '[x](nowhere.md)\n' >"$work/bad.md"
is 'one that does not is found' "$(broken "$work/bad.md")" "$work/bad.md: nowhere.md"
is 'docs/README.md leads to every document' "$(for file in docs/*.md docs/man/*.1; do
	grep -qF "](${file#docs/})" docs/README.md || [ "$file" = docs/README.md ] || echo "$file"; done)" ''
is 'and to the decisions' "$(grep -c '](decisions/README.md)' docs/README.md)" 1
is 'the index of the decisions has all of them' "$(for file in docs/decisions/[0-9]*.md; do grep -qF "](${file##*/})" docs/decisions/README.md || echo "$file"; done)" ''
is 'each has context, decision and consequences' "$(for file in docs/decisions/[0-9]*.md; do
	[ "$(grep -E '^## (Context|Decision|Consequences)$' "$file" | tr -d '#\n')" = ' Context Decision Consequences' ] || echo "$file"; done)" ''
done_testing
