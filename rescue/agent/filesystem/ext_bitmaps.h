/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bitmaps that e2fsck keeps in memory: for each block and each inode, what it
 * has seen. By itself it keeps them as trees of extents, which are small, but ask
 * for many instructions, and pass 4 looks every inode up. Plain bits halve the
 * time of a check on an emulated processor, where there is memory for them
 * (docs/performance.md). */
#ifndef FILESYSTEM_EXT_BITMAPS_H
#define FILESYSTEM_EXT_BITMAPS_H

#include "ext_facts.h"

#include <stddef.h>
#include <stdint.h>

#define EXT_BITMAPS_CONFIG_BYTES 256

/* Which of them shall be plain bits, as an e2fsck.conf ("[bitmaps]", read by
 * e2fsck_set_bitmap_type in e2fsck/util.c): blocks and inodes each may take an
 * eighth of the memory. facts->common.blocks is what will be checked. */
void ext_bitmaps_config(const struct ext_facts *facts, uint64_t memory_bytes,
			char ret_config[static EXT_BITMAPS_CONFIG_BYTES]);

#endif
