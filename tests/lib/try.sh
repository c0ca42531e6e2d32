# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the tests of try-disk share. To be sourced after tap.sh; from here on the test works in a folder of disks, with a TMPDIR of its
# own.
# shellcheck disable=SC2154  # source_tree and work come from tap.sh; sums from the test
try_disk=$source_tree/hostscripts/try-disk
mkdir "$work/tmp dir" "$work/disks"
export TMPDIR="$work/tmp dir"
cd "$work/disks" || exit 1

# try ARGUMENT...: sets status; the console is in $work/out, errors in $work/err.
try() {
	timeout -k 5 200 "$try_disk" --accel tcg "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

said() {
	grep -qF -- "$1" "$work/err" && printf yes || sed 's/^/#  /' "$work/err" >&2
}

# console TEXT: a line of the console
console() {
	tr -d '\r' <"$work/out" | grep -cF -- "$1"
}

field() {
	jq -r "[$1] | map(tostring) | join(\" \")" <"$work/out"
}

sums() {
	for image in *; do printf '%s %s\n' "$image" "$(image_sum "$image")"; done
}

untouched() {
	is "$1: the images are what they were" "$(sums)" "$sums"
	is "$1: nothing is left" "$(ls -A "$TMPDIR")" ''
}

# refused NAME STATUS REASON SENTENCE ARGUMENT...
refused() {
	refused_name=$1 refused_status=$2 refused_reason=$3 refused_sentence=$4
	shift 4
	try "$@"
	is "$refused_name: refused, and says why" "$status $(said "[$refused_reason]") $(said "$refused_sentence")" "$refused_status yes yes"
}

# up_or_ended: the console has begun to speak, or it has ended.
up_or_ended() { grep -q 'it waits' "$work/out" || ! kill -0 "$process"; }

# machines: the processes of QEMU that this test has started, by the TMPDIR in their environment. Their arguments name no file of
# the test: the disk is a descriptor.
machines() {
	perl -e 'my $place = "\0TMPDIR=$ENV{TMPDIR}\0";
		for (glob "/proc/[0-9]*") {
			next unless (readlink("$_/exe") // "") =~ /qemu-system/ && open my $file, "<", "$_/environ";
			my $environment = "\0" . do { local $/; <$file> // "" };
			print "$1\n" if index($environment, $place) >= 0 && /(\d+)$/;
		}'
}

# start ARGUMENT...: try-disk in the background, until its system is up
start() {
	: >"$work/out"
	setsid env --default-signal=INT,QUIT,HUP,TERM "$try_disk" --accel tcg "$@" >"$work/out" 2>"$work/err" </dev/null &
	process=$!
	await up_or_ended
}
