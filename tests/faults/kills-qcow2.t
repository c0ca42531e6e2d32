#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed at random instants: a qcow2 image.
set -u
tests=$(dirname -- "$0")/.. format=qcow2
# shellcheck source=kills.sh
. "$tests/faults/kills.sh"
