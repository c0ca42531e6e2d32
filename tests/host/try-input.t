#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What try-disk reads from its user: the files of the seed, which may be FIFOs or standard input, and the answer to its question. A signal
# ends each wait; nothing is left, and the image is what it was.
# shellcheck disable=SC2154  # images, work, try_disk and status come from tap.sh and try.sh
set -u
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# shellcheck source=../lib/try.sh
. "$tests/lib/try.sh"
need 'what try-disk reads' qemu-system-x86_64 qemu-img qemu-storage-daemon jq bash || done_testing

truncate -s 8M disk
"$images/boot-sector" disk 'it writes\n' '' off write
sums=$(sums)
mkfifo "$work/fifo"

# ends SIGNAL: send it to the process, which has to end; sets status
ends() {
	kill -"$1" "$process"
	await over || kill -KILL "$process"
	wait "$process"
	status=$?
}

# background ARGUMENT...: try-disk, until it reads the FIFO, which may be its standard input
background() {
	setsid env --default-signal=INT,QUIT,HUP,TERM "$try_disk" --accel tcg "$@" disk >"$work/out" 2>"$work/err" <"$input" &
	process=$!
	if [ "$input" = /dev/null ]; then
		await opened "$work/fifo" 0
	else
		await opened "$work/fifo" 1
	fi
}

signals() {
	input=/dev/null
	for option in user-data meta-data network-config ssh-key password-file; do
		background "--$option" "$work/fifo"
		ends INT
		is "--$option of a FIFO without a writer: SIGINT ends it" "$status $(said '[interrupted]')" '30 yes'
	done
	for signal in TERM QUIT HUP; do
		background --user-data "$work/fifo"
		ends "$signal"
		is "SIG$signal ends it" "$status $(said '[interrupted]') $(said "SIG$signal ended the run")" '30 yes yes'
	done
	input=$work/fifo
	for option in user-data password-file; do
		(echo 'a part' && exec sleep 100) >"$work/fifo" &
		writer=$!
		background "--$option" -
		ends INT
		kill "$writer"
		is "--$option of standard input: SIGINT ends it" "$status $(said '[interrupted]')" '30 yes'
	done
	untouched 'a signal'
}

# Whatever can be read, is.
files() {
	printf 'a secret\n' >"$work/secret"
	echo 'instance-id: own' >"$work/meta"
	try --password-file "$work/secret" --meta-data "$work/meta" disk
	is 'regular files' "$status" 0
	for file in - /dev/stdin; do
		"$try_disk" -q --accel tcg --password-file "$file" disk <"$work/secret" >"$work/out" 2>"$work/err"
		is "$file is a regular file" "$?" 0
		(sleep 0.3 && cat "$work/secret") | "$try_disk" -q --accel tcg --password-file "$file" disk >"$work/out" 2>"$work/err"
		is "$file is a pipe" "$?" 0
	done
	# shellcheck disable=SC2016 # bash expands it
	bash -c '"$1" -q --accel tcg --user-data <(echo "#cloud-config") --meta-data <(cat "$2"; sleep 0.5) disk' - "$try_disk" "$work/meta" </dev/null >"$work/out" 2>"$work/err"
	is 'process substitution' "$?" 0
	# Its writer is gone before it is opened.
	true | "$try_disk" -q --accel tcg --user-data /dev/stdin disk >"$work/out" 2>"$work/err"
	is 'a pipe that is empty' "$?" 0
	cat "$work/secret" >"$work/fifo" &
	try --password-file "$work/fifo" disk
	is 'a FIFO' "$status" 0
	untouched 'a seed'
}

refusals() {
	for option in user-data ssh-key password-file; do
		refused "--$option of a directory" 2 usage "The file $work/tmp dir cannot be read for the seed" "--$option" "$TMPDIR" disk
	done
	refused 'a file that is not there' 2 usage 'try-disk: The file nosuch cannot be read' --meta-data nosuch disk
	echo nothing >nokey
	refused 'no key' 2 usage 'try-disk: The file nokey contains no ssh public key' --ssh-key nokey disk
	rm nokey
	head -c 8M /dev/zero | tr '\0' x >"$work/large"
	refused 'a file that is too large' 2 usage 'File too large' --user-data "$work/large" disk
	for bytes in 511 512; do
		head -c "$bytes" "$work/large" >"$work/long"
		try --password-file "$work/long" disk
		is "a password of $bytes bytes" "$status $([ "$bytes" = 511 ] || said 'longer than 511 bytes')" "$([ "$bytes" = 511 ] && echo '0 ' || echo '2 yes')"
	done
	for other in --meta-data --network-config; do
		refused "standard input twice, $other" 2 usage 'Only one file can be standard input' --user-data - "$other" - disk
	done
	refused 'standard input twice, as keys' 2 usage 'Only one file can be standard input' --ssh-key - --ssh-key - disk
	refused 'standard input twice, as a key and a password' 2 usage 'Only one file can be standard input' --ssh-key - --password-file - disk
	refused 'standard input twice, by its two names' 2 usage 'Only one file can be standard input' --user-data /dev/stdin --meta-data - disk
	printf 'secret\0' >"$work/zero"
	refused 'a password with a byte that is zero' 2 usage 'a byte that is zero' --password-file "$work/zero" disk
	printf 'secret\n\0' >"$work/zero"
	try --password-file "$work/zero" disk
	is 'which may come after the first line' "$status" 0
	untouched refusals
}

asked() { grep -q 'y/N' "$work/screen"; }

# The password is typed: the terminal is open once more.
typing() { process=$(cat "$work/process") && opened '/dev/pts/*' 3; }

# question WHEN KEYS SIGNAL ARGUMENT...: on a terminal, type that, or send the signal, when it is asked or typing; sets status
question() {
	question_when=$1 question_keys=$2 question_signal=$3
	shift 3
	rm -f "$work/keys" "$work/process"
	mkfifo "$work/keys"
	: >"$work/screen"
	# shellcheck disable=SC2016 # the shell of script(1) expands it
	setsid env --default-signal=INT,QUIT,HUP,TERM WORK="$work" TRY="$try_disk" WORDS="$*" \
		script -qefc 'echo $$ >"$WORK/process"; exec "$TRY" --accel tcg $WORDS disk' /dev/null <"$work/keys" >"$work/screen" 2>&1 &
	question_terminal=$!
	exec 5>"$work/keys"
	await "$question_when"
	process=$(cat "$work/process")
	printf %b "$question_keys" >&5
	[ -z "$question_signal" ] || kill -"$question_signal" "$process"
	await over || kill -KILL "$process"
	exec 5>&-
	wait "$question_terminal"
	status=$?
	cp "$work/screen" "$work/err"
}

questions() {
	need 'a question' script || return
	for signal in INT TERM QUIT; do
		question asked '' "$signal" --write
		is "SIG$signal at the question" "$status $(said '[interrupted]')" '30 yes'
	done
	question asked 'y\003' '' --write
	is 'Ctrl-C at the question' "$status $(said '[interrupted]')" '30 yes'
	question typing '\003' '' --password-file -
	is 'Ctrl-C instead of a password' "$status $(said '[interrupted]')" '30 yes'
	question asked 'n\n' '' --write
	is 'no' "$status $(said 'changes discarded')" '0 yes'
	question asked 'yes, but that is too long an answer\n' '' --write
	is 'a long answer is no yes' "$status $(said 'changes discarded')" '0 yes'
	question asked '\004' '' --write
	is 'the end of input is no yes' "$status $(said 'changes discarded')" '0 yes'
	untouched 'a question'
	question asked 'Yes\n' '' --write
	is 'yes' "$status $(said 'changes kept')" '0 yes'
	is 'and nothing is left' "$(ls -A) $(ls -A "$TMPDIR")" 'disk '
}

signals
files
refusals
questions
is 'no QEMU is left' "$(machines)" ''
done_testing
