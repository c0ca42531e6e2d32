/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "squashfs_overlay.h"

#include "base/bytes.h"

#include <stdbool.h>

#define MAGIC	     0x73717368u
#define AT_MAJOR     28
#define AT_USED	     40
#define SIZE_MAX_LOG 62

#define F2FS_MAGIC_AT 1024
#define F2FS_MAGIC    0xf2f52010u
#define EXT_MAGIC_AT  1080
#define EXT_MAGIC     0xef53u

#define FRESH_MARK 0xdeadc0deu /* big-endian: OpenWrt's mark where an overlay is to begin */

int squashfs_read(const uint8_t super[static SQUASHFS_SUPERBLOCK_BYTES],
		  struct squashfs_place *ret_place, struct fault *fault)
{
	uint64_t used_bytes = le64_at(super + AT_USED);

	if (le32_at(super) != MAGIC || le16_at(super + AT_MAJOR) != 4) {
		fault_set(fault, REASON_FS_FEATURE, "the squashfs is not of version 4");
		return fault_hint(fault, "--partition chooses another partition");
	}
	if (used_bytes < SQUASHFS_SUPERBLOCK_BYTES || used_bytes >> SIZE_MAX_LOG) {
		fault_set(fault, REASON_FS_UNCLEAN,
			  "the superblock of the squashfs is damaged: its size is invalid");
		return fault_hint(fault, "write the image again: a squashfs cannot be repaired");
	}
	*ret_place = (struct squashfs_place){
		.used_bytes = used_bytes,
		.overlay_at = (used_bytes + SQUASHFS_OVERLAY_ALIGN - 1) / SQUASHFS_OVERLAY_ALIGN *
			      SQUASHFS_OVERLAY_ALIGN,
	};
	return 0;
}

static bool is_blank(const uint8_t *bytes, size_t size_bytes)
{
	size_t from = size_bytes >= 4 && be32_at(bytes) == FRESH_MARK ? 4 : 0;

	for (size_t i = from; i < size_bytes; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

int squashfs_overlay_type(const uint8_t *bytes, size_t size_bytes, const char **ret_type,
			  struct fault *fault)
{
	*ret_type = NULL;
	if (size_bytes >= F2FS_MAGIC_AT + 4 && le32_at(bytes + F2FS_MAGIC_AT) == F2FS_MAGIC)
		*ret_type = "f2fs";
	else if (size_bytes >= EXT_MAGIC_AT + 2 && le16_at(bytes + EXT_MAGIC_AT) == EXT_MAGIC)
		*ret_type = "ext4";
	if (*ret_type || is_blank(bytes, size_bytes))
		return 0;
	fault_set(fault, REASON_FS_FEATURE,
		  "the squashfs is followed by something other than an OpenWrt overlay (ext4 or "
		  "f2fs)");
	return fault_hint(
		fault,
		"make a new squashfs (mksquashfs), or choose another partition (--partition)");
}
