/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about an xfs, from its superblock and the end of its log; nothing is written.
 *
 * The layout is that of "XFS Algorithms & Data Structures", part III, and of
 * fs/xfs/libxfs/xfs_format.h and xfs_log_format.h in the kernel. Numbers are big-endian. */
#ifndef FILESYSTEM_XFS_FACTS_H
#define FILESYSTEM_XFS_FACTS_H

#include "base/fault.h"
#include "fs.h"

#include <stdbool.h>

/* common.state: FS_CLEAN, "needs-recovery" (the log has to be replayed) or "errors" (a
 * repair was begun and not ended). */
struct xfs_facts {
	struct fs_facts common;
	unsigned version; /* 4 or 5 */
	uint32_t sector_bytes, inode_bytes;
	uint32_t group_blocks, groups; /* allocation groups; the last may be smaller */
	uint64_t log_at, log_bytes;    /* from the start of the file system */
	uint64_t used_inodes;
	uint16_t quota;	       /* XFS_QUOTA_* */
	uint8_t inode_percent; /* of the blocks, that inodes may take */
};

/* Bits of facts->quota: counted, and enforced, of users, groups and projects. */
enum {
	XFS_QUOTA_USER = 0x0001,
	XFS_QUOTA_USER_LIMITS = 0x0002,
	XFS_QUOTA_PROJECT = 0x0008,
	XFS_QUOTA_OTHER_LIMITS = 0x0010, /* version 4: of groups or projects */
	XFS_QUOTA_GROUP = 0x0040,
	XFS_QUOTA_GROUP_LIMITS = 0x0080,
	XFS_QUOTA_PROJECT_LIMITS = 0x0200
};

/* Faults: fs-feature (named), fs-unclean (the superblock itself is damaged), disk-io. */
int xfs_facts_read(const struct fs_target *target, struct xfs_facts *ret_facts,
		   struct fault *fault);

/* Take the facts from a superblock, all but the state of the log. Exposed for its tests. */
int xfs_facts_parse(const uint8_t *sector, size_t size_bytes, struct xfs_facts *ret_facts,
		    struct fault *fault);

#endif
