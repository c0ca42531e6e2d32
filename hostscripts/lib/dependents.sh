# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Overlays that have the image as their backing file rely on every byte of it,
# and would be damaged by a change. Those in its own folder can be found.
# shellcheck disable=SC2154  # facts are set by grow-disk

dependents_check() {
	dependents=$(find -L "$image_dir" -maxdepth 1 -type f -size +103c ! -samefile "$image" ! -name '*.grow-disk.log' ! -name '*.grow-disk.failed' \
		-exec sh "$lib/find-dependents" "$image" {} + 2>/dev/null)
	[ -z "$dependents" ] || fault image-has-dependents "Other images consist of $image and what they hold themselves, and a change would damage them:$dependents" \
		"Grow the overlay itself (--allow-backing), or make the overlays independent first: qemu-img rebase -b '' OVERLAY"
}
