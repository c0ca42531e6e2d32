/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about a btrfs, from its first superblock; nothing is written.
 *
 * The layout is that of "On-disk Format" in btrfs' documentation, and of struct
 * btrfs_super_block in the kernel. Numbers are little-endian. */
#ifndef FILESYSTEM_BTRFS_FACTS_H
#define FILESYSTEM_BTRFS_FACTS_H

#include "base/fault.h"
#include "fs.h"

#define BTRFS_SUPERBLOCK_AT    65536
#define BTRFS_SUPERBLOCK_BYTES 4096

/* common.state: FS_CLEAN, or "needs-recovery" (a log of fsyncs has to be replayed).
 * common.blocks: of the device, in sectors of btrfs. */
struct btrfs_facts {
	struct fs_facts common;
	uint64_t device_id;
	uint64_t used_bytes;
};

/* Faults: fs-feature (several devices, a seed, zones, or what is not known: named),
 * fs-unclean (the superblock itself is damaged), disk-io. */
int btrfs_facts_read(const struct fs_target *target, struct btrfs_facts *ret_facts,
		     struct fault *fault);

/* Take them from a superblock. Exposed for its tests. */
int btrfs_facts_parse(const uint8_t super[static BTRFS_SUPERBLOCK_BYTES],
		      struct btrfs_facts *ret_facts, struct fault *fault);

#endif
