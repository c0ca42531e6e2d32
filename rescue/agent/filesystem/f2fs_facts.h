/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about an f2fs, from its first superblock and the newer one of its two checkpoints;
 * nothing is written.
 *
 * The layout is that of Documentation/filesystems/f2fs.rst and include/linux/f2fs_fs.h in
 * the kernel. Numbers are little-endian. */
#ifndef FILESYSTEM_F2FS_FACTS_H
#define FILESYSTEM_F2FS_FACTS_H

#include "base/fault.h"
#include "fs.h"

#define F2FS_BLOCK_BYTES      4096
#define F2FS_SUPERBLOCK_AT    1024
#define F2FS_SUPERBLOCK_BYTES 3072

/* common.state: FS_CLEAN, "needs-recovery" (it was not unmounted: a mount has to roll
 * forward) or "errors" (the kernel has marked it for a check). */
struct f2fs_facts {
	struct fs_facts common;
	uint32_t checkpoint_block; /* of the first pack; the second is one segment behind it */
	uint32_t inodes;	   /* in use */
};

/* Faults: fs-feature (several devices, zones, or what is not known: named), fs-unclean (the
 * superblock or both checkpoints are damaged), disk-io. */
int f2fs_facts_read(const struct fs_target *target, struct f2fs_facts *ret_facts,
		    struct fault *fault);

/* What the superblock tells: all but state and inodes. Exposed for its tests. */
int f2fs_facts_parse(const uint8_t super[static F2FS_SUPERBLOCK_BYTES],
		     struct f2fs_facts *ret_facts, struct fault *fault);

/* The checksum of superblock and checkpoint: CRC-32, begun with the magic number, and not
 * inverted. Goes on from crc. */
#define F2FS_MAGIC 0xf2f52010u
uint32_t f2fs_checksum(uint32_t crc, const uint8_t *bytes, size_t size_bytes);

#endif
