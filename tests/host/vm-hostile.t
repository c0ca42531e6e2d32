#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-disk-host machine against guests that break the protocol, and against a QEMU that was
# taken over and lies: each run ends by itself, soon, with the right reason, and
# leaves no process.
tests=$(dirname -- "$0")/..
# shellcheck source=tests/host/vm-lib.sh
. "$tests/host/vm-lib.sh"

# -- the guest ----------------------------------------------------------------
for name in garbage not-json flood long-line nested early-done no-verify bad-check second-hello unknown-event \
	unknown-reason wrong-status after-done bad-build early-disk not-hello absurd huge done-twice; do
	scenario_ends "$name" 70 guest-protocol
	is "$name: no done gets through" "$(grep -c '"event":"done"' "$events")" 0
done
scenario_ends hang 30 stalled
says "hang: the last stage is told" "its last stage was reading"
scenario_ends drip 30 stalled
says "drip: bytes that are no line are silence" "silent for 1 s"
scenario_ends beats 30 stalled --deadline-seconds 2
says "beats: a guest that only beats has a deadline" "not finish within 2 s (its last stage was thinking)"
scenario_ends exit-zero 70 guest-died
says "exit-zero: success without a verdict is none" "exit status 0"
scenario_ends chatty-console 30 stalled
is "chatty-console: the copy is bounded" "$(wc -c <"$console")" 1048576

# -- QEMU before it is up -----------------------------------------------------
scenario_ends exit-at-once 70 guest-died
scenario_ends no-hello 30 stalled
scenario_ends no-qmp 30 stalled
scenario_ends hello-only 30 stalled
vm hello-first
is_done "hello-first: the channels have no order among each other"
scenario_ends not-qmp 70 internal
vm odd-greeting
is_done "odd-greeting"
ok "odd-greeting: the version is unknown" grep -q '"qemu":"unknown"' "$events"

# -- QEMU that lies over QMP --------------------------------------------------
for name in qmp-unasked qmp-long qmp-binary qmp-nul qmp-nested qmp-array; do
	scenario_ends "$name" 70 internal
done
scenario_ends qmp-odd-error 70 internal
scenario_ends qmp-absurd 30 disk-io
scenario_ends qmp-flood 30 stalled
scenario_ends qmp-silent 30 stalled --deadline-seconds 2
scenario_ends qmp-escape 30 disk-io
is "qmp-escape: nothing that steers a terminal gets through" \
	"$(LC_ALL=C grep -c -i -e "$(printf '\033')" -e '\\u001b' -e "$(printf '\342\200\256')" "$events")" 0
vm qmp-greets
is_done "qmp-greets: a second greeting does no harm"

# -- QEMU that goes in part, or stays -----------------------------------------
scenario_ends close-wire 30 stalled
scenario_ends close-qmp 30 stalled
scenario_ends close-all 30 stalled
vm close-console
is_done "close-console"
scenario_ends stubborn 30 stalled
is "stubborn: there were children, and one had a session of its own" "$(noted pid | wc -l)" 3
scenario_ends leaves-flood 70 guest-died
vm leaves-child
is_done "leaves-child: what could still write the disk is ended before done is told"
is "leaves-child: there were children" "$(noted pid | wc -l)" 3
done_testing
