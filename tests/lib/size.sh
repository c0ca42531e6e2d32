# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# to_bytes SIZE: 16M, 8G, 63s (sectors of 512 bytes) or bytes, as bytes.
to_bytes() {
	case $1 in
	*s) echo $((${1%s} * 512)) ;;
	*K) echo $((${1%K} * 1024)) ;;
	*M) echo $((${1%M} * 1048576)) ;;
	*G) echo $((${1%G} * 1073741824)) ;;
	*T) echo $((${1%T} * 1099511627776)) ;;
	*) echo $(($1)) ;;
	esac
}
