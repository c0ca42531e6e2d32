# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# By what a later run knows a disk: checksums of what no use of it leaves alone,
# the first sector and the superblock of the grown file system.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

marks_image='' marks_log=''

# marks_take image|log: sets $marks: of the boot code, of the first sector, and of
# the two halves of the superblock. A commit whose power was cut may have written
# one sector of them. The first sector lies in the work folder already.
marks_take() {
	piece_at=$((target_start * 512 + 1024)) piece_length=1024
	fence_read "$1" "$work/superblock" || return 1
	keep superblock-1 head -c 512 "$work/superblock" && keep superblock-2 tail -c 512 "$work/superblock" && keep boot-code head -c 440 "$work/sector-$1" ||
		fault internal "The superblock cannot be noted" "Please report it"
	# shellcheck disable=SC2046  # four checksums and four names, to be split
	set -- $(cd "$work" && sha256sum boot-code "sector-$1" superblock-1 superblock-2 2>/dev/null)
	marks="${1-} ${3-} ${5-} ${7-}"
	[ ${#marks} -eq 259 ] || fault disk-io "The work folder $work cannot be read for checksums" "Look at the disk behind it"
}
