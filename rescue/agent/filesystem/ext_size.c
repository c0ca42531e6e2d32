#include "ext_size.h"

#include "base/text.h"

#include <inttypes.h>

/* resize2fs drops a last group that leaves fewer blocks than this for data. */
#define LAST_GROUP_DATA_BLOCKS 50

/* What no arithmetic here goes beyond, far enough from 2^64: 4 EiB. */
#define BYTES_MAX (UINT64_C(1) << 62)

static uint64_t divide_up(uint64_t value, uint64_t by)
{
	return value / by + (value % by != 0);
}

static bool is_power_of(uint64_t value, uint64_t base)
{
	while (value % base == 0)
		value /= base;
	return value == 1;
}

/* Does the last of that many groups hold a superblock backup? */
static bool last_has_super(const struct fs_facts *facts, uint64_t groups)
{
	uint64_t last = groups - 1;

	if (facts->has_sparse_super2)
		return facts->backup_groups[groups == 2 ? 0 : 1] != 0;
	if (last <= 1 || !facts->has_sparse_super)
		return true;
	return last % 2 == 1 &&
	       (is_power_of(last, 3) || is_power_of(last, 5) || is_power_of(last, 7));
}

/* Blocks that resize2fs would not use: a cluster that is not whole, a last
 * group too small for its own metadata. */
static uint64_t without_rest(const struct fs_facts *facts, uint64_t blocks)
{
	uint64_t groups, rest, overhead;

	blocks -= blocks % facts->cluster_blocks;
	if (blocks <= facts->first_data_block)
		return 0;
	groups = divide_up(blocks - facts->first_data_block, facts->blocks_per_group);
	rest = (blocks - facts->first_data_block) % facts->blocks_per_group;
	overhead = 2 + facts->inode_table_blocks;
	if (last_has_super(facts, groups))
		overhead += 1 + divide_up(groups, facts->descriptors_per_block) +
			    facts->reserved_gdt_blocks;
	if (groups > 1 && rest != 0 && rest < overhead + LAST_GROUP_DATA_BLOCKS)
		blocks -= rest;
	return blocks;
}

uint64_t ext_size_blocks(const struct fs_facts *facts, uint64_t partition_bytes)
{
	return without_rest(facts, partition_bytes / facts->block_bytes);
}

/* How many blocks of descriptors there can be. All of them lie in one group,
 * behind its superblock; without flex_bg that group also has to hold bitmaps
 * and inode table of its own. With meta_bg they lie in many groups, but
 * resize2fs counts them all the same. (Where the first group begins at block 0
 * it forgets the superblock, and leaves damage when the group is full.) */
static uint64_t largest_descriptor_blocks(const struct fs_facts *facts)
{
	const uint64_t super = 1, bitmaps = 2;
	uint64_t used = super;

	if (facts->has_meta_bg)
		used = facts->first_data_block;
	else if (!facts->has_flex_bg)
		used = super + bitmaps + facts->inode_table_blocks;
	return facts->blocks_per_group > used ? facts->blocks_per_group - used : 0;
}

uint64_t ext_size_largest_blocks(const struct fs_facts *facts)
{
	uint64_t by_descriptors = largest_descriptor_blocks(facts) * facts->descriptors_per_block;
	uint64_t by_inodes = UINT32_MAX / facts->inodes_per_group;
	uint64_t groups = by_descriptors < by_inodes ? by_descriptors : by_inodes;
	uint64_t blocks = groups * facts->blocks_per_group + facts->first_data_block;
	uint64_t blocks_max = facts->is_64bit ? BYTES_MAX / facts->block_bytes : UINT32_MAX;

	blocks = without_rest(facts, blocks < blocks_max ? blocks : blocks_max);
	return blocks > facts->blocks ? blocks : facts->blocks; /* it is there: it can be */
}

struct limit ext_size_limit(const struct fs_facts *facts, uint64_t start_bytes,
			    uint32_t sector_bytes)
{
	uint64_t bytes = start_bytes + ext_size_largest_blocks(facts) * facts->block_bytes;

	return (struct limit){ REASON_FS_LIMIT, bytes - bytes % sector_bytes };
}

int ext_size_refuse(const struct fs_facts *facts, uint64_t partition_bytes, struct fault *fault)
{
	char largest[TEXT_SIZE_CHARS];

	return fault_set(fault, REASON_FS_LIMIT,
			 "%s with blocks of %" PRIu32 " bytes%s cannot be larger than %s, and the "
			 "partition would have %" PRIu64 " bytes",
			 facts->type, facts->block_bytes,
			 facts->is_64bit ? "" : " and without the 64bit feature",
			 text_of_size(largest, ext_size_largest_blocks(facts) * facts->block_bytes),
			 partition_bytes);
}

uint64_t ext_size_first_step(const struct fs_facts *facts, uint64_t blocks)
{
	uint64_t group_blocks = facts->blocks_per_group;
	uint64_t groups_now = divide_up(facts->blocks - facts->first_data_block, group_blocks);
	uint64_t descriptor_blocks =
		divide_up(groups_now, facts->descriptors_per_block) + facts->reserved_gdt_blocks;
	uint64_t step = descriptor_blocks * facts->descriptors_per_block * group_blocks +
			facts->first_data_block;

	return facts->reserved_gdt_blocks > 0 && step > facts->blocks && step < blocks ? step
										       : blocks;
}
