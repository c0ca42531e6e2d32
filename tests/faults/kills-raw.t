#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed at random instants: a raw image.
set -u
tests=$(dirname -- "$0")/.. format=raw
# shellcheck source=kills.sh
. "$tests/faults/kills.sh"
