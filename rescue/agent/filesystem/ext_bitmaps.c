/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ext_bitmaps.h"

#include <stdio.h>

/* At once, of either kind: found, metadata, and what is on the disk. */
#define MAPS 3

#define PLAIN_BITS 1 /* EXT2FS_BMAP64_BITARRAY */

static bool have_room(uint64_t bits, uint64_t memory_bytes)
{
	return bits / 8 <= memory_bytes / 8 / MAPS;
}

void ext_bitmaps_config(const struct ext_facts *facts, uint64_t memory_bytes,
			char ret_config[static EXT_BITMAPS_CONFIG_BYTES])
{
	static const char *const of_blocks[] = { "block_found_map", "block_metadata_map",
						 "fs_bitmaps" };
	static const char *const of_inodes[] = { "inode_used_map", "inode_dir_map",
						 "inode_reg_map" };
	uint64_t groups = facts->common.blocks / facts->blocks_per_group + 1;
	bool blocks = have_room(facts->common.blocks, memory_bytes);
	bool inodes = have_room(groups * facts->inodes_per_group, memory_bytes);
	int used = snprintf(ret_config, EXT_BITMAPS_CONFIG_BYTES, "[bitmaps]\n");

	for (int map = 0; map < MAPS; map++) {
		if (blocks)
			used += snprintf(ret_config + used, EXT_BITMAPS_CONFIG_BYTES - (size_t)used,
					 "\t%s = %d\n", of_blocks[map], PLAIN_BITS);
		if (inodes)
			used += snprintf(ret_config + used, EXT_BITMAPS_CONFIG_BYTES - (size_t)used,
					 "\t%s = %d\n", of_inodes[map], PLAIN_BITS);
	}
}
