# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The user's terminal (descriptor 3), which rescue-vm has for itself while it runs.
# shellcheck disable=SC2154  # facts are set by the command

terminal_saved=''

# As it is now. Fails where there is no terminal.
terminal_save() {
	terminal_saved=$(stty -g <&3 2>/dev/null)
}

# rescue-vm puts it back itself; unless it was killed, and then what comes needs a
# line of its own.
terminal_back() {
	[ -n "$terminal_saved" ] || return 0
	stty "$terminal_saved" <&3 2>/dev/null
	terminal_saved=''
	[ "${child_status:-0}" -le 128 ] || printf '\n' >&2
}
