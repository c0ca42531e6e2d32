# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For tests of whole grows that judge by their own eyes. To be sourced behind tap.sh.
# shellcheck disable=SC2154  # grow_disk: of tap.sh

# ext_files IMAGE[?offset=BYTES]: the checksums of what an ext2, ext3 or ext4 holds. It uses the folder out.
ext_files() {
	rm -rf out
	mkdir out
	debugfs -R 'rdump / out' "$1" >/dev/null 2>&1
	(cd out && find . -type f -exec sha256sum {} + | sort -k 2)
	chmod -R u+rwX out
}

# refused NAME REASON TEXT ARGUMENT...: of disk.img; it says that text, and the image is what it was.
refused() {
	refused_name=$1 refused_reason=$2 refused_text=$3
	shift 3
	refused_sum=$(image_sum disk.img)
	"$grow_disk" --json --accel tcg disk.img "$@" >refused.json 2>refused.said
	is "$refused_name: refused" "$(jq -r .reason refused.json)" "$refused_reason"
	ok "$refused_name: it says why" grep -qiF -- "$refused_text" refused.said
	is "$refused_name: the image is what it was" "$(image_sum disk.img)" "$refused_sum"
}
