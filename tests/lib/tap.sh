# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What every shell test stands on: TAP on standard output, a temporary folder in $work that goes away, and the places of
# things. To be sourced, with $tests set to the folder tests/.
#
#   ok NAME COMMAND...       passes if the command succeeds; what it printed is shown if not
#   is NAME GOT WANTED       passes if both are equal
#   skip NAME REASON         cannot be tried here; a failure if MUST_RUN=1
#   need NAME PROGRAM...     true if all programs are there; else skips NAME, and is false
#   await COMMAND...         tries until it succeeds; gives up after two minutes, which only a hang takes
#   diag TEXT...             a remark
#   in_turn N                is it the turn of this variation of a list? One of N is taken; with FULL=1 each
#   image_sum FILE           the checksum of an image; its holes cost no time
#   as_root COMMAND...       what only root may do, by sudo where that asks for nothing
#   own_mounts               print the option of unshare for mounts of one's own
#   done_testing             the plan, and the end of the test
#
# With tap_place=memory, $work lies in memory if there is enough of it, and TMPDIR says nothing else: tests that write
# many small things and do not care would only wait for the disk.
# shellcheck disable=SC2034  # build, images, agent, tools: for the tests

LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ
PATH=$PATH:/usr/sbin:/sbin
tests=$(CDPATH='' cd -- "${tests:?}" && pwd)
source_tree=${tests%/*}
build=$(CDPATH='' cd -- "${BUILD:-$source_tree/build}" 2>/dev/null && pwd) || build=${BUILD:-$source_tree/build}
BUILD=$build
export BUILD
# What is remembered and saved for the next run stays in the folder of the build, apart from the user's own. The built
# parts stay where they are.
[ -n "${GROW_DISK_CACHE:-}" ] || [ -z "${XDG_CACHE_HOME:-${HOME:-}}" ] || GROW_DISK_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/grow-disk
XDG_CACHE_HOME=$build/cache
export GROW_DISK_CACHE XDG_CACHE_HOME
images=$tests/images
judge=$tests/lib/judge
grow_disk=${GROW_DISK:-$source_tree/hostscripts/grow-disk}

tap_count=0 tap_failed=0 tap_done=no
if [ "${tap_place:-}" = memory ] && [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] &&
	[ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 2097152 ]; then
	export TMPDIR=/dev/shm
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/grow-disk-test.XXXXXX") || exit 1

tap_cleanup() {
	tap_status=$?
	trap '' HUP INT TERM
	cd /
	! command -v test_cleanup >/dev/null || test_cleanup
	chmod -R u+rwX -- "$work" 2>/dev/null
	rm -rf -- "$work"
	[ "$tap_done" = yes ] || printf 'Bail out! the test ended before its end (status %s)\n' "$tap_status"
	if [ "$tap_failed" -gt 0 ] || [ "$tap_done" = no ]; then exit 1; fi
}
trap tap_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

diag() { printf '# %s\n' "$*"; }

image_sum() { "$tests/lib/sum" <"$1" || no_sum; }

# What is equal to nothing, so that no comparison passes.
no_sum() { echo "no checksum $(od -An -tx8 -N 8 /dev/urandom)"; }

tap_line() { # tap_line STATUS NAME
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tap_count" "$2"
	else
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n' "$tap_count" "$2"
	fi
}

ok() {
	tap_name=$1 tap_result=0
	shift
	"$@" >"$work/.said" 2>&1 </dev/null || tap_result=$?
	tap_line "$tap_result" "$tap_name"
	[ "$tap_result" -eq 0 ] || {
		diag "status $tap_result of: $*"
		tail -n 30 -- "$work/.said" | sed 's/^/#   /'
		return 1
	}
}

is() {
	if [ "$2" = "$3" ]; then
		tap_line 0 "$1"
	else
		tap_line 1 "$1"
		diag "got:    $2"
		diag "wanted: $3"
		return 1
	fi
}

skip() {
	if [ "${MUST_RUN:-0}" = 1 ]; then
		tap_line 1 "$1 (MUST_RUN=1, but: $2)"
	else
		tap_count=$((tap_count + 1))
		printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
	fi
}

need() {
	tap_what=$1
	shift
	for tap_program; do
		command -v "$tap_program" >/dev/null || {
			skip "$tap_what" "the program $tap_program is not here"
			return 1
		}
	done
}

# What only root may do: by sudo, where it asks for nothing. can_be_root: is it possible?
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -nE "$@"; fi
}

# In a chroot / is no mount, whose propagation could be changed; the mounts below it are those of the chroot.
own_mounts() { if mountpoint -q /; then echo --propagation=private; else echo --propagation=unchanged; fi; }
can_be_root() { as_root true 2>/dev/null; }

await() {
	await_tries=0
	until "$@" 2>/dev/null; do
		await_tries=$((await_tries + 1))
		[ "$await_tries" -lt 2400 ] || return 1
		sleep 0.05
	done
}

# opened PATTERN COUNT: $process has more descriptors of that than so many. over: it has ended.
opened() { [ "$(find "/proc/${process:?}/fd" -lname "$1" | wc -l)" -gt "$2" ]; }
over() { ! grep -q '^State:.[^Z]' "/proc/${process:?}/status"; }

turns=0 turns_taken=0
in_turn() {
	turns=$((turns + 1))
	[ "${FULL:-0}" = 1 ] || [ $((turns % $1)) -eq 1 ] || return 1
	turns_taken=$((turns_taken + 1))
}

done_testing() {
	[ "$turns" -eq "$turns_taken" ] || diag "$turns_taken of $turns variations; FULL=1 takes them all"
	printf '1..%d\n' "$tap_count"
	tap_done=yes
	exit 0
}

# cached PART: the folder of a built part; builds nothing unless it must.
cached() {
	"$source_tree/initramfs/parts" "$1"
}

# processes_with WORD: the processes whose command line has this word.
processes_with() {
	perl -e 'my ($word, $shell) = @ARGV;
		for (glob "/proc/[0-9]*") {
			my ($process) = /(\d+)$/;
			next if $process == $$ || $process == $shell || !open my $file, "<", "$_/cmdline";
			(my $line = do { local $/; <$file> } // "") =~ tr/\0/ /;
			print "$process\n" if index($line, $word) >= 0;
		}' "$1" $$
}

# processes_in FOLDER: the processes that work there, by their working folder; not we.
processes_in() {
	perl -e 'my ($folder) = @ARGV;
		my ($process, %ours) = $$;
		while ($process > 1) {
			$ours{$process} = 1;
			open my $file, "<", "/proc/$process/stat" or last;
			($process) = <$file> =~ /.*\) \S (\d+)/;
		}
		for (glob "/proc/[0-9]*") {
			my ($other) = /(\d+)$/;
			my $at = readlink("$_/cwd") // next;
			print "$other\n" if !$ours{$other} && "$at/" =~ m{^\Q$folder\E/};
		}' "$1"
}
