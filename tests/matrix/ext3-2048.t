#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The feature matrix of ext3 with blocks of 2048 bytes.
set -u
tests=$(dirname -- "$0")/.. type=ext3 block=2048
# shellcheck source=features.sh
. "$tests/matrix/features.sh"
