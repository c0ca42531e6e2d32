# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The processes that a process has started, and those that they have. To be sourced behind tap.sh.

children() { cat "/proc/$1/task/"*/children 2>/dev/null; }
# family NUMBER: all of them, one a line.
family() { for process in $(children "$1"); do printf '%s\n' "$process" && family "$process"; done; }
# named NUMBER NAME: those of them with that name.
named() { for process in $(family "$1"); do [ "$(cat "/proc/$process/comm" 2>/dev/null)" != "$2" ] || printf '%s\n' "$process"; done; }
