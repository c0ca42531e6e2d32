# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sizes as qemu-img takes them: 8G, +2G, 1.5T, plain bytes.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

size_max=9223372036854775296 # the largest whole number of sectors in 63 bits

size_fault() {
	fault size-invalid "'$1' is not a size${2:+: $2}" \
		"Write it as qemu-img does: 8G, +2G, 1.5T, or bytes; K, M, G, T, P and E count in steps of 1024"
}

# The bytes in one unit.
size_unit() {
	case $1 in
	'' | [bB]) unit=1 ;;
	[kK]) unit=1024 ;;
	[mM]) unit=1048576 ;;
	[gG]) unit=1073741824 ;;
	[tT]) unit=1099511627776 ;;
	[pP]) unit=1125899906842624 ;;
	[eE]) unit=1152921504606846976 ;;
	*) return 1 ;;
	esac
}

# Digits without the zeros in front, which would make them octal.
size_digits() {
	digits=$1
	while case $digits in 0?*) ;; *) false ;; esac; do digits=${digits#0}; done
}

# FRACTION digits of a unit in bytes, rounded down: from the last digit to the
# first, so that nothing is lost on the way.
size_fraction() {
	fraction=$1 fraction_bytes=0
	while [ -n "$fraction" ]; do
		fraction_bytes=$(((${fraction#"${fraction%?}"} * unit + fraction_bytes) / 10))
		fraction=${fraction%?}
	done
}

# size_parse TEXT: sets size_bytes, and size_relative to yes for +TEXT.
size_parse() {
	size_text=$1 size_number=$1 size_relative=no
	case $size_text in
	+*) size_relative=yes size_number=${size_text#+} ;;
	-*) size_fault "$size_text" "grow-disk only makes disks larger" ;;
	esac
	size_suffix=${size_number##*[0-9.]}
	size_number=${size_number%"$size_suffix"}
	case $size_number in
	'' | .* | *. | *.*.* | *[!0-9.]*) size_fault "$size_text" ;;
	esac
	size_unit "$size_suffix" || size_fault "$size_text" "'$size_suffix' is not a unit"
	size_digits "${size_number%%.*}"
	[ ${#digits} -le 18 ] && [ "$digits" -le $((size_max / unit)) ] ||
		size_fault "$size_text" "no disk is that large"
	size_bytes=$((digits * unit))
	case $size_number in
	*.*) size_add_fraction "${size_number#*.}" ;;
	esac
	[ "$size_bytes" -le $((size_max - 511)) ] || size_fault "$size_text" "no disk is that large"
	size_bytes=$(((size_bytes + 511) / 512 * 512))
}

size_add_fraction() {
	[ "$unit" -gt 1 ] || size_fault "$size_text" "there is no part of a byte"
	[ "$unit" -le 1125899906842624 ] || size_fault "$size_text" "no disk is that large"
	size_fraction "$1"
	size_bytes=$((size_bytes + fraction_bytes))
}

# size_resolve TEXT: what the disk shall measure, from what it measures now.
# Sets size_after. Without TEXT the disk keeps its size.
size_resolve() {
	size_after=$size_before
	[ -n "$1" ] || return 0
	size_parse "$1"
	if [ "$size_relative" = yes ]; then
		[ "$size_bytes" -le $((size_max - size_before - 511)) ] || size_fault "$1" "no disk is that large"
		size_bytes=$(((size_before + size_bytes + 511) / 512 * 512))
	fi
	size_after=$size_bytes
	[ "$size_after" -ge "$size_before" ] || size_smaller "$1"
}

size_smaller() {
	smaller_hint="grow-disk never shrinks a disk"
	case $1 in
	*[!0-9]*) ;;
	*) smaller_hint="$1 without a unit means bytes; write ${1}G for GiB" ;;
	esac
	fault size-smaller "$1 is less than the $size_before bytes ($(size_human "$size_before")) that the disk has now" "$smaller_hint"
}

# A size for people, in whole units.
size_human() {
	human=$1 human_unit=B
	for next_unit in KiB MiB GiB TiB; do
		[ "$human" -ge 10240 ] || [ "$((human % 1024))" -eq 0 ] && [ "$human" -ge 1024 ] || break
		human=$((human / 1024)) human_unit=$next_unit
	done
	printf '%s %s' "$human" "$human_unit"
}
