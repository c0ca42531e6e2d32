#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The feature matrix of ext4 with blocks of 1024 bytes.
set -u
tests=$(dirname -- "$0")/.. type=ext4 block=1024
# shellcheck source=features.sh
. "$tests/matrix/features.sh"
