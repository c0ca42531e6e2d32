#include "ext_size.h"

#include "base/text.h"

#include <inttypes.h>

/* resize2fs drops a last group that leaves fewer blocks than this for data. */
#define LAST_GROUP_DATA_BLOCKS 50

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

uint64_t ext_size_blocks(const struct fs_facts *facts, uint64_t partition_bytes)
{
	uint64_t blocks = partition_bytes / facts->block_bytes;
	uint64_t groups, rest, overhead;

	blocks -= blocks % facts->cluster_blocks;
	if (!facts->is_64bit && blocks == UINT64_C(1) << 32)
		blocks--;
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

uint64_t ext_size_largest_blocks(const struct fs_facts *facts)
{
	uint64_t by_descriptors = (uint64_t)(facts->blocks_per_group - facts->first_data_block) *
				  facts->descriptors_per_block;
	uint64_t by_inodes = UINT32_MAX / facts->inodes_per_group;
	uint64_t groups = by_descriptors < by_inodes ? by_descriptors : by_inodes;
	uint64_t blocks = groups * facts->blocks_per_group + facts->first_data_block;

	if (!facts->is_64bit && blocks > UINT32_MAX)
		blocks = UINT32_MAX;
	return blocks - blocks % facts->cluster_blocks;
}

int ext_size_check(const struct fs_facts *facts, uint64_t blocks, uint64_t start_bytes,
		   struct fault *fault)
{
	uint64_t largest_bytes = ext_size_largest_blocks(facts) * facts->block_bytes;
	char wanted[TEXT_SIZE_CHARS], largest[TEXT_SIZE_CHARS];

	if (blocks * facts->block_bytes <= largest_bytes)
		return 0;
	fault_set(fault, REASON_FS_LIMIT,
		  "%s with blocks of %" PRIu32 " bytes%s cannot grow to %s; its limit is %s",
		  facts->type, facts->block_bytes,
		  facts->is_64bit ? "" : " and without the 64bit feature",
		  text_of_size(wanted, blocks * facts->block_bytes),
		  text_of_size(largest, largest_bytes));
	return fault_hint(fault, "the largest size this disk can have is %" PRIu64 " bytes",
			  (start_bytes + largest_bytes) / 512 * 512);
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
