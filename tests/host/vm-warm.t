#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The warm start, against a QEMU that plays guests by script: when a
# machine is saved and when one is used, and that nothing about it fails a run.
tests=$(dirname -- "$0")/..
# shellcheck source=tests/host/vm-lib.sh
. "$tests/host/vm-lib.sh"
no_warm=''
store=$XDG_CACHE_HOME/grow-disk/warm

saved() { # the saved machines
	find "$store" -name '*.machine' 2>/dev/null
}

others() { # how many other files are there
	find "$store" -type f ! -name '*.machine' ! -name lock | wc -l
}

start() { # how the machine of the last run was started; and how many there were
	sed -n 's/.*"event":"machine".*"start":"\([a-z]*\)".*/\1/p' "$events"
	machines
}

# starts NAME SCENARIO START MACHINES [OPTION...]: it is done, started so, and one is saved
starts() {
	start_name=$1 start_scenario=$2 wanted=$3 count=$4
	shift 4
	vm "$start_scenario" "$@"
	is_done "$start_name"
	is "$start_name: started, and how many machines" "$(start | tr '\n' ' ')" "$wanted $count " || show 1
	is "$start_name: one is saved, and nothing else is there" "$(saved | wc -l) $(others)" "1 0"
	is "$start_name: hello is told once" "$(grep -c '"event":"hello"' "$events")" 1
}

afresh() {
	rm -rf "$XDG_CACHE_HOME"
}

renewed() { # renewed NAME: what was there is passed over, and a whole one is there afterwards
	starts "$1" ok cold "${2:-1}"
	starts "$1: then" ok warm 1
}

# -- the plain way ------------------------------------------------------------
starts "first run" ok cold 1
is "first run: of the user alone" "$(stat -c %a "$store" "$(saved)" | tr '\n' ' ')" "700 600 "
hello=$(sed -n 's/,"host_ms".*//; 1p' "$events")
noted qmp >"$work/qmp"
is "first run: stopped, saved, gone on with, and then the disk" \
	"$(sed -n 's/.*"execute": *"\([a-z_-]*\)".*/\1/p' "$work/qmp" | tr '\n' ' ')" \
	"qmp_capabilities stop migrate-set-parameters getfd migrate query-migrate cont add-fd blockdev-add device_add "
inode=$(stat -c %i "$(saved)")
starts "second run" ok warm 1
is "second run: QEMU gets what was saved, to the byte" "$(noted restored)" whole
is "second run: QEMU may not write to it" "$(noted state)" "Permission denied"
is "second run: the same hello" "$(sed -n 's/,"host_ms".*//; 1p' "$events")" "$hello"
is "second run: it is not saved again" "$(stat -c %i "$(saved)")" "$inode"
noted qmp >"$work/qmp"
is "second run: the disk comes after the guest has answered" \
	"$(sed -n 's/.*"execute": *"\([a-z_-]*\)".*/\1/p' "$work/qmp" | tr '\n' ' ')" \
	"qmp_capabilities query-status query-status query-status cont add-fd blockdev-add device_add "
seed=$(noted request | sed 's/.*"seed"/"seed"/')
starts "third run" ok warm 1
ok "each run has another seed" [ "$seed" != "$(noted request | sed 's/.*"seed"/"seed"/')" ]
vm plan --plan
is_done "a plan"
is "a plan starts warm" "$(start | tr '\n' ' ')" "warm 1 "
vm ok --no-warm
is_done "--no-warm"
is "--no-warm: cold" "$(start | tr '\n' ' ')" "cold 1 "
scenario_ends fault 10 mbr-2tib
is "a refusal of the guest is no reason to throw it away" "$(stat -c %i "$(saved)")" "$inode"
afresh
vm ok --no-warm
is "--no-warm: nothing is saved" "$(saved | wc -l)" 0

# -- it does not come up: cold at once, and a fresh one -----------------------
for scenario in warm-exits warm-hangs warm-stops warm-garbage warm-hello; do
	afresh
	starts "$scenario: first" ok cold 1
	starts "$scenario" "$scenario" cold 2
done
starts "refuses-query-status" refuses-query-status cold 2
starts "dies-at-query-status" dies-at-query-status cold 2
starts "then" ok warm 1
vm warm-dies
ends "a guest that dies with the disk fails the run" 70 guest-died
is "and is not used again" "$(saved | wc -l)" 0

# -- it cannot be saved: the run goes on --------------------------------------
for scenario in migrate-fails migrate-short half-line refuses-migrate refuses-getfd refuses-migrate-set-parameters; do
	afresh
	vm "$scenario"
	is_done "$scenario"
	wanted=0
	[ "$scenario" != migrate-short ] || wanted=1 # what QEMU calls complete is
	is "$scenario: with one machine, and so many are saved" "$(machines) $(saved | wc -l)" "1 $wanted"
	is "$scenario: nothing else is left" "$(others)" 0
done
for scenario in migrate-hangs dies-at-migrate dies-at-stop refuses-stop refuses-cont; do
	afresh
	vm "$scenario"
	case $scenario in
	refuses-cont) is "$scenario: saved nevertheless" "$(saved | wc -l)" 1 ;;
	*) is "$scenario: nothing is saved" "$(saved | wc -l)" 0 ;;
	esac
	is_done "$scenario"
	is "$scenario: with another machine, which is not saved" "$(machines)" 2
done

# -- what lies there is not it ------------------------------------------------
afresh
starts "to be damaged" ok cold 1
cp "$(saved)" "$work/good"
size=$(stat -c %s "$work/good")
damage() { # damage NAME MACHINES COMMAND...: the saved machine, damaged so, is renewed
	what=$1 count=$2
	shift 2
	cp "$work/good" "$(saved)"
	"$@" "$(saved)"
	renewed "$what" "$count"
}
# shellcheck disable=SC2317  # called by damage
poke() { # poke OFFSET FILE
	printf '\377' | dd of="$2" bs=1 seek="$1" conv=notrunc status=none
}
# shellcheck disable=SC2317  # called by damage
filled() { # filled WITH FILE
	head -c "$size" "$1" >"$2"
}
damage "cut by a byte" 1 truncate -s -1
damage "longer by a byte" 1 truncate -s +1
damage "cut in the header" 1 truncate -s 20
damage "empty" 1 truncate -s 0
damage "all zeroes" 1 filled /dev/zero
damage "garbage" 1 filled /dev/urandom
damage "another magic" 1 poke 3
damage "another length of the stream" 1 poke 47
damage "another checksum" 2 poke 50
damage "another version of QEMU" 2 poke 56
damage "another key" 1 poke 100
damage "a bit in the middle" 2 poke $((size / 2))
damage "a bit at the end" 2 poke $((size - 1))

# -- it is for another machine ------------------------------------------------
other() { # other NAME [OPTION...]: boots, and saves another one
	name=$1
	shift
	vm ok "$@"
	is_done "$name"
	is "$name: another one is saved" "$(start | tr '\n' ' ')$(saved | wc -l)" "cold 1 2"
	afresh
	vm ok
}
afresh
vm ok
other "more memory" --memory 300
mkdir "$work/lib" "$work/programs"
cp "$tests/lib/FakeQemu.pm" "$work/lib"
cp "$fake_qemu" "$work/programs/qemu"
other "another QEMU" --qemu "$work/programs/qemu"
touch -d '2001-01-01' "$work/programs/qemu"
vm ok --qemu "$work/programs/qemu"
is "the same name, another time: another QEMU" "$(saved | wc -l)" 2
afresh
vm ok
echo kernel >"$work/guest/kernel"
other "the kernel was written again"
echo initramfs >"$work/guest/initramfs.cpio"
other "the initramfs was written again"
echo more >>"$work/guest/build-id"
vm ok
is "the same build-id by another file: the same" "$(start | tr '\n' ' ')" "warm 1 "

# -- not too many -------------------------------------------------------------
afresh
for mib in 101 102 103 104 105 106; do
	vm ok --memory $mib
done
is "four are kept" "$(saved | wc -l)" 4
vm ok --memory 103
is "the newest ones: 103" "$(start | head -n 1)" warm
vm ok --memory 102
is "the newest ones: not 102" "$(start | head -n 1)" cold
touch "$store/new"
vm ok --memory 107
is "what was not finished is swept" "$(others)" 0

# -- whose it is --------------------------------------------------------------
unusable() { # unusable NAME: the run boots, and leaves the store alone
	before=$(find "$XDG_CACHE_HOME" "$work/elsewhere" -printf '%p %i %s\n' 2>/dev/null | sort)
	vm ok
	is_done "$1"
	is "$1: cold, and nothing there is touched" "$(start | tr '\n' ' ')$(find "$XDG_CACHE_HOME" "$work/elsewhere" -printf '%p %i %s\n' 2>/dev/null | sort)" \
		"cold 1 $before"
}
afresh
vm ok
mkdir "$work/elsewhere"
for mode in 770 707 777; do
	chmod $mode "$store"
	unusable "a folder with mode $mode"
done
chmod 700 "$store"
mv "$store" "$work/elsewhere/warm" && ln -s "$work/elsewhere/warm" "$store"
unusable "a link in place of the folder"
rm "$store" && mv "$work/elsewhere/warm" "$store"
for mode in 660 606; do
	chmod $mode "$(saved)"
	renewed "a file with mode $mode"
done
one=$(saved)
mv "$one" "$work/elsewhere/machine" && ln -s "$work/elsewhere/machine" "$one"
renewed "a link in place of the file"
ok "what the link pointed to is still there" test -s "$work/elsewhere/machine"
rm "$work/elsewhere/machine" && ln "$one" "$work/elsewhere/machine"
renewed "a file with two names"
rm "$one" && mkfifo "$one"
renewed "a FIFO in place of the file"
rm "$store/lock" && ln -s "$work/elsewhere/lock" "$store/lock" && rm "$one"
unusable "a link in place of the lock"
rm "$store/lock"
if can_be_root; then
	vm ok
	as_root chown 12345 "$(saved)"
	renewed "a file of another user"
	as_root chown 12345 "$store"
	unusable "a folder of another user"
	as_root chown "$(id -u)" "$store"
else
	skip "a file of another user" "needs root"
fi
afresh
: >"$work/elsewhere/file"
for cache in "$work/elsewhere/file" /proc/sys relative ''; do
	(
		export XDG_CACHE_HOME="$cache"
		unset HOME
		vm ok
		printf '%s\n' "$status $(start | tr '\n' ' ')$(last event)"
	) >"$work/said"
	is "no folder for it: XDG_CACHE_HOME='$cache', and no HOME" "$(cat "$work/said")" "0 cold 1 done"
done

# -- several at once ----------------------------------------------------------
at_once() { # at_once NAME START: four runs end well, started so; one machine is saved
	vms=''
	FAKE_QEMU=ok
	for n in 1 2 3 4; do
		(vm_program --events "$work/events.$n" --console "$work/console.$n" 2>"$work/stderr.$n") &
		vms="$vms $!"
	done
	failed=0
	for pid in $vms; do
		wait "$pid" || failed=$((failed + 1))
	done
	is "$1: none fails" $failed 0
	is "$1: started" "$(cat "$work"/events.? | sed -n 's/.*"start":"\([a-z]*\)".*/\1/p' | sort | uniq -c | tr -s ' \n' ' ')" " $2 "
	is "$1: one is saved" "$(saved | wc -l)" 1
}
afresh
vm ok
at_once "four at once" "4 warm"
afresh
mkdir -p "$store" && chmod 700 "$store"
(
	flock -x 9 || exit 1
	vm ok
	printf '%s\n' "$status $(start | tr '\n' ' ')$(saved | wc -l)"
) 9>"$store/lock" >"$work/said"
is "while another one saves: cold, and it does not" "$(cat "$work/said")" "0 cold 1 0"

# -- to prepare ---------------------------------------------------------------
prepare() { # prepare [OPTION...]
	rm -f "$events" "$console"
	FAKE_QEMU=$scenario timeout -k 1 60 "$host" machine --prepare --qemu "$fake_qemu" --guest "$work/guest" --events "$events" \
		--console "$console" --progress none --stall-seconds 1 --hello-seconds 2 --accel tcg "$@" 2>"$stderr"
	status=$?
}
scenario=ok
afresh
prepare
is "prepare: one is saved" "$status $(start | tr '\n' ' ')$(saved | wc -l)" "0 cold 1 1"
ok "prepare: no process is left" nothing_left
starts "a run after it" ok warm 1
prepare
is "prepare again: nothing is started" "$status $(machines)" "0 0"
poke 5000 "$(saved)"
prepare
is "prepare: a damaged one is renewed" "$status $(machines)" "0 1"
starts "a run after it" ok warm 1
afresh
mkdir -p "$store" && chmod 777 "$store"
prepare
is "prepare: why not" "$status $(machines) $(last message)" "70 0 $store belongs to another user"
afresh
scenario=migrate-fails
prepare
is "prepare: QEMU fails" "$status $(last message)" "70 QEMU did not save the machine: failed"
prepare --disk "$disk" --format raw
is "prepare goes without a disk" "$status" 2
prepare --no-warm
is "prepare goes without --no-warm" "$status" 2
done_testing
