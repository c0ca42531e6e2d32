#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The completions in a real bash and a real zsh: options, values, images by suffix, sizes. That they have every option of
# every command, docs.t sees.
# shellcheck disable=SC2016 # scripts for other shells are in single quotes
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
mkdir "$work/here" "$work/here/folder"
cd "$work/here" || exit 1
touch a.qcow2 b.img 'c d.raw' notes.txt boot.jsonl

# bash_words LINE...: what bash completes for a command line, given word by word; the last one is being written.
bash_words() {
	bash --norc --noprofile -c '. "$0" && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) && _grow_disk "$1" && printf "%s\n" "${COMPREPLY[@]}" | sort' \
		"$build/completions/grow-disk" "$@" | tr '\n' ',' | sed 's/,$//'
}

# commands_of SHELL_FILE: for which commands bash loads it
if need 'completion in bash' bash; then
	is 'bash: it is registered for each command' \
		"$(bash --norc --noprofile -c '. "$0" && complete -p' "$build/completions/grow-disk" | sed 's/.* //' | sort | tr '\n' ' ')" \
		'grow-disk grow-fleet rescue-disk trace-boot trace-diff try-disk '
	is 'bash: an option' "$(bash_words grow-disk --pl)" '--plan'
	is 'bash: options with the same beginning' "$(bash_words grow-disk --keep)" '--keep-failed,--keep-log'
	is 'bash: of this command alone' "$(bash_words trace-diff --)" '--help,--json,--version'
	is 'bash: also by its path' "$(bash_words /usr/bin/rescue-disk --wr)" '--write'
	is 'bash: a value behind a blank' "$(bash_words grow-disk --repair '')" 'all,safe'
	is 'bash: a value behind =' "$(bash_words grow-disk --repair = s)" 'safe'
	is 'bash: and right behind it' "$(bash_words grow-disk --accel =)" 'auto,hvf,kvm,native,tcg'
	is 'bash: images by their suffix, and folders' "$(bash_words grow-disk '')" 'a.qcow2,b.img,c d.raw,folder'
	is 'bash: behind options, too' "$(bash_words grow-disk --plan --leave 1G a)" 'a.qcow2'
	is 'bash: sizes for a number' "$(bash_words grow-disk a.qcow2 12)" '12G,12M,12T'
	is 'bash: sizes to add' "$(bash_words grow-disk a.qcow2 +)" '+1G,+2G,+4G,+8G'
	is 'bash: a size of an option' "$(bash_words grow-disk --leave 3)" '3G,3M,3T'
	is 'bash: nothing behind the last operand' "$(bash_words grow-disk a.qcow2 8G '')" ''
	is 'bash: folders for a folder' "$(bash_words grow-disk --work-dir '')" 'folder'
	is 'bash: traces' "$(bash_words trace-diff boot.jsonl '')" 'boot.jsonl,folder'
	is 'bash: -- before a command' "$(bash_words rescue-disk a.qcow2 '')" '--'
fi

# The zsh that a person has: on a terminal, with nothing but its own completion system.
tm() { tmux -f /dev/null -S "$work/tmux" "$@"; }
screen() { tm capture-pane -p -J -t zsh; }
shown() { screen | grep -q -- "$1"; }

# zsh_shows NAME LINE PATTERN: Tab behind LINE brings the pattern to the screen.
zsh_shows() {
	tm send-keys -t zsh C-u C-l
	await sh -c '! tmux -f /dev/null -S "$1" capture-pane -p -t zsh | grep -v "^zsh>" | grep -q .' - "$work/tmux"
	tm send-keys -t zsh -l "$2"
	tm send-keys -t zsh Tab Tab
	ok "$1" await shown "$3"
}
test_cleanup() { tm kill-server 2>/dev/null; }
if need 'completion in zsh' zsh tmux; then
	ok 'zsh: it is registered for each command' zsh -f -c 'autoload -Uz compinit && fpath=("$1" $fpath) && compinit -u -D &&
		for command in grow-disk grow-fleet rescue-disk try-disk trace-boot trace-diff; do [[ $_comps[$command] = _grow-disk ]] || exit 1; done' - "$build/completions"
	mkdir "$work/home"
	printf 'PS1="zsh> "\nfpath=("$COMPLETIONS" $fpath)\nsetopt nobeep\nautoload -Uz compinit && compinit -u -D\n' >"$work/home/.zshrc"
	HOME=$work/home ZDOTDIR=$work/home COMPLETIONS=$build/completions tm new-session -d -s zsh -x 120 -y 50 'zsh -d -i'
	ok 'zsh: it starts' await shown 'zsh>'
	zsh_shows 'zsh: an option' 'grow-disk --pl' '--plan'
	zsh_shows 'zsh: options with what they do' 'grow-disk --keep' 'keep the log of a failed grow'
	zsh_shows 'zsh: a value' 'grow-disk --repair=s' '--repair=safe'
	zsh_shows 'zsh: an image' 'grow-disk a' 'grow-disk a\.qcow2'
	zsh_shows 'zsh: images alone' 'grow-disk ' 'b\.img'
	ok 'zsh: no other file' sh -c '! printf "%s" "$1" | grep notes' - "$(screen)"
	zsh_shows 'zsh: a size' 'grow-disk a.qcow2 12' '12G'
	zsh_shows 'zsh: a trace' 'trace-diff boot' 'boot\.jsonl'
fi
done_testing
