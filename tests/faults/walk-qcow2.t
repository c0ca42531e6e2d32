#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's disk fails, at every stage: a qcow2 image.
set -u
tests=$(dirname -- "$0")/.. format=qcow2
# shellcheck source=walk.sh
. "$tests/faults/walk.sh"
