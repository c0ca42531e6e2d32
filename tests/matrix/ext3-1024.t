#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The feature matrix of ext3 with blocks of 1024 bytes.
set -u
tests=$(dirname -- "$0")/.. type=ext3 block=1024
# shellcheck source=features.sh
. "$tests/matrix/features.sh"
