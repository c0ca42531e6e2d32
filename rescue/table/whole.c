/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No table: a file system, or a layer, on the whole disk. Sources: what libblkid looks for in
 * superblocks/{ext,xfs,btrfs,f2fs,swap,squashfs,lvm,luks}.c. */
#include "whole.h"

#include <string.h>

static const struct {
	const char *type; /* libblkid's word, of ext any */
	uint64_t magic_at;
	size_t magic_bytes;
	const char *magic;
	uint64_t begin_bytes;
} kinds[] = {
	{ "ext4", 1080, 2, "\x53\xef", 1024 },
	{ "xfs", 0, 4, "XFSB", 0 },
	{ "btrfs", 65600, 8, "_BHRfS_M", 65536 },
	{ "f2fs", 1024, 4, "\x10\x20\xf5\xf2", 1024 },
	{ "squashfs", 0, 4, "hsqs", 0 },
	{ "LVM2_member", 512, 8, "LABELONE", 512 },
	{ "crypto_LUKS", 0, 6, "LUKS\xba\xbe", 0 },
	/* By the size of its page; and while a system hibernates. */
	{ "swap", 4096 - 10, 10, "SWAPSPACE2", 1024 },
	{ "swap", 8192 - 10, 10, "SWAPSPACE2", 1024 },
	{ "swap", 16384 - 10, 10, "SWAPSPACE2", 1024 },
	{ "swap", 32768 - 10, 10, "SWAPSPACE2", 1024 },
	{ "swap", 65536 - 10, 10, "SWAPSPACE2", 1024 },
	{ "swsuspend", 4096 - 10, 9, "S1SUSPEND", 1024 },
};

#define MAGIC_MAX_BYTES 10

static enum table_answer find(const struct table_source *source, uint64_t *ret_begin_bytes)
{
	unsigned found = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint8_t bytes[MAGIC_MAX_BYTES];

		if (source->size_bytes < kinds[i].magic_at + kinds[i].magic_bytes)
			continue;
		if (source->read(source->context, kinds[i].magic_at, bytes, kinds[i].magic_bytes) <
		    0)
			return TABLE_UNREADABLE;
		if (memcmp(bytes, kinds[i].magic, kinds[i].magic_bytes) != 0)
			continue;
		*ret_begin_bytes = kinds[i].begin_bytes;
		found++;
	}
	return found == 0 ? TABLE_NONE : found == 1 ? TABLE_GOOD : TABLE_INVALID;
}

static enum table_answer whole_read(const struct table_source *source, uint32_t sector_bytes,
				    struct table_parts *ret_parts)
{
	uint64_t begin_bytes = 0;
	enum table_answer answer = find(source, &begin_bytes);

	if (answer != TABLE_GOOD)
		return answer;
	ret_parts->count = 1;
	ret_parts->is_gpt = false;
	ret_parts->signature = 0;
	ret_parts->parts[0] =
		(struct table_part){ .size_sectors = source->size_bytes / sector_bytes,
				     .boot_bytes = begin_bytes };
	return TABLE_GOOD;
}

const struct table_ops table_whole = { .name = "none", .read = whole_read };
