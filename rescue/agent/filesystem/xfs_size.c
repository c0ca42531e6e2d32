/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfs_size.h"

#define GROUP_MIN_BLOCKS 64

uint64_t xfs_size_blocks(const struct xfs_facts *facts, uint64_t partition_bytes)
{
	uint64_t blocks = partition_bytes / facts->common.block_bytes;
	uint64_t rest = blocks % facts->group_blocks;

	return rest < GROUP_MIN_BLOCKS ? blocks - rest : blocks;
}

uint64_t xfs_size_largest_blocks(const struct xfs_facts *facts)
{
	uint64_t groups = facts->groups > XFS_GROUPS_MAX ? facts->groups : XFS_GROUPS_MAX;

	return groups * facts->group_blocks;
}
