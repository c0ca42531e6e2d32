#!/bin/sh
# The host's disk fails, at every stage: a qcow2 image.
set -u
tests=$(dirname -- "$0")/.. format=qcow2
# shellcheck source=walk.sh
. "$tests/faults/walk.sh"
