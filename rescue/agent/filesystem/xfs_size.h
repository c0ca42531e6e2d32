/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large an xfs can become: arithmetic only. */
#ifndef FILESYSTEM_XFS_SIZE_H
#define FILESYSTEM_XFS_SIZE_H

#include "agent/disk.h"
#include "xfs_facts.h"

/* The size of allocation groups is given once and for all by mkfs, for the size that the
 * file system has then. A grow makes more of them, each with its own structures, and each
 * costs every mount; beyond so many the kernel needs minutes (docs/filesystems.md). */
#define XFS_GROUPS_MAX 4096

/* The number of blocks that the kernel makes of a partition of that size: what fits, but
 * without a last group of less than 64 blocks (xfs_growfs_data_private() in
 * fs/xfs/xfs_fsops.c, XFS_MIN_AG_BLOCKS). Not limited by xfs_size_largest_blocks. */
uint64_t xfs_size_blocks(const struct xfs_facts *facts, uint64_t partition_bytes);

uint64_t xfs_size_largest_blocks(const struct xfs_facts *facts);

#endif
