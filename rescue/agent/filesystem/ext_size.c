/* SPDX-License-Identifier: GPL-2.0-or-later */
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
static bool last_has_super(const struct ext_facts *facts, uint64_t groups)
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
static uint64_t without_rest(const struct ext_facts *facts, uint64_t blocks)
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

uint64_t ext_size_blocks(const struct ext_facts *facts, uint64_t partition_bytes)
{
	return without_rest(facts, partition_bytes / facts->common.block_bytes);
}

/* How many blocks of descriptors there can be. All of them lie in one group,
 * after its superblock; without flex_bg that group also has to hold bitmaps
 * and inode table of its own. With meta_bg they lie in many groups, but
 * resize2fs counts them all the same. (Where the first group begins at block 0
 * it forgets the superblock, and leaves damage when the group is full.) */
static uint64_t largest_descriptor_blocks(const struct ext_facts *facts)
{
	const uint64_t super = 1, bitmaps = 2;
	uint64_t used = super;

	if (facts->has_meta_bg)
		used = facts->first_data_block;
	else if (!facts->has_flex_bg)
		used = super + bitmaps + facts->inode_table_blocks;
	return facts->blocks_per_group > used ? facts->blocks_per_group - used : 0;
}

uint64_t ext_size_largest_blocks(const struct ext_facts *facts)
{
	uint64_t by_descriptors = largest_descriptor_blocks(facts) * facts->descriptors_per_block;
	uint64_t by_inodes = UINT32_MAX / facts->inodes_per_group;
	uint64_t groups = by_descriptors < by_inodes ? by_descriptors : by_inodes;
	uint64_t blocks = groups * facts->blocks_per_group + facts->first_data_block;
	uint64_t blocks_max = facts->is_64bit ? BYTES_MAX / facts->common.block_bytes : UINT32_MAX;

	blocks = without_rest(facts, blocks < blocks_max ? blocks : blocks_max);
	return blocks > facts->common.blocks ? blocks
					     : facts->common.blocks; /* it is there: it can be */
}

struct limit ext_size_limit(const struct ext_facts *facts, uint64_t start_bytes,
			    uint32_t sector_bytes)
{
	uint64_t bytes = start_bytes + ext_size_largest_blocks(facts) * facts->common.block_bytes;

	return (struct limit){ REASON_FS_LIMIT, bytes - bytes % sector_bytes };
}

int ext_size_refuse(const struct ext_facts *facts, uint64_t partition_bytes, struct fault *fault)
{
	char largest[TEXT_SIZE_CHARS], partition[TEXT_SIZE_CHARS];

	return fault_set(
		fault, REASON_FS_LIMIT,
		"%s with blocks of %" PRIu32 " bytes%s cannot be larger than %s, and the "
		"partition would have %s (%" PRIu64 " bytes)",
		facts->common.type, facts->common.block_bytes,
		facts->is_64bit ? "" : " and without the 64bit feature",
		text_of_size(largest, ext_size_largest_blocks(facts) * facts->common.block_bytes),
		text_of_size(partition, partition_bytes), partition_bytes);
}

static uint64_t groups_of(const struct ext_facts *facts, uint64_t blocks)
{
	return divide_up(blocks - facts->first_data_block, facts->blocks_per_group);
}

static uint64_t blocks_of(const struct ext_facts *facts, uint64_t groups)
{
	return groups * facts->blocks_per_group + facts->first_data_block;
}

static uint64_t count_powers(uint64_t base, uint64_t below)
{
	uint64_t count = 0;

	for (uint64_t power = base; power < below; power *= base)
		count++;
	return count;
}

/* How many of that many groups have a copy of the descriptors? At most. */
static uint64_t count_supers(const struct ext_facts *facts, uint64_t groups)
{
	if (facts->has_sparse_super2)
		return 3;
	if (!facts->has_sparse_super)
		return groups;
	return 2 + count_powers(3, groups) + count_powers(5, groups) + count_powers(7, groups);
}

/* Descriptors and what is reserved for them, in each group that has a copy. */
static uint64_t reserved_now(const struct ext_facts *facts)
{
	return divide_up(groups_of(facts, facts->common.blocks), facts->descriptors_per_block) +
	       facts->reserved_gdt_blocks;
}

/* How many of so many groups may have tables where descriptors will be? With flex_bg they lie
 * together in the first of flex_groups. At most. */
static uint64_t count_tables_in_the_way(const struct ext_facts *facts, uint64_t groups)
{
	uint64_t supers = count_supers(facts, groups);
	uint64_t places = divide_up(groups, facts->flex_groups);

	return places < supers ? places : supers;
}

/* How many new groups will have their bitmaps and tables beside those of the last old ones? */
static uint64_t count_joining(const struct ext_facts *facts, uint64_t groups)
{
	uint64_t rest = groups % facts->flex_groups;

	return rest == 0 ? 0 : facts->flex_groups - rest;
}

/* For how much does one grow from so many groups have to find a new place, or take one, among
 * them? At most: what lies where descriptors will be; of inode tables there the whole, one that
 * begins before and one that ends after it; and the tables and bitmaps of groups that join. */
static uint64_t blocks_to_place(const struct ext_facts *facts, uint64_t groups, uint64_t blocks)
{
	uint64_t needed = divide_up(groups_of(facts, blocks), facts->descriptors_per_block);
	uint64_t reserved = reserved_now(facts);
	uint64_t more = needed > reserved ? needed - reserved : 0;

	return more == 0 ? 0
			 : count_supers(facts, groups) * 3 * more +
				   count_tables_in_the_way(facts, groups) * 2 *
					   facts->inode_table_blocks +
				   count_joining(facts, groups) * (2 + facts->inode_table_blocks);
}

/* What is free when there are so many groups; at least. */
static uint64_t free_blocks_with(const struct ext_facts *facts, uint64_t groups)
{
	uint64_t overhead = 3 + facts->inode_table_blocks + reserved_now(facts);
	uint64_t added = groups - groups_of(facts, facts->common.blocks);

	return facts->free_blocks + (facts->blocks_per_group > overhead
					     ? added * (facts->blocks_per_group - overhead)
					     : 0);
}

uint64_t ext_size_first_step(const struct ext_facts *facts, uint64_t blocks)
{
	uint64_t groups = groups_of(facts, facts->common.blocks);
	uint64_t most = reserved_now(facts) * facts->descriptors_per_block;

	if (facts->reserved_gdt_blocks == 0 || blocks_of(facts, most) <= facts->common.blocks)
		return blocks;
	if (blocks_to_place(facts, groups, blocks) <= facts->free_blocks)
		return blocks;
	do
		groups = groups * 2 < most ? groups * 2 : most;
	while (groups < most &&
	       blocks_to_place(facts, groups, blocks) > free_blocks_with(facts, groups));
	return blocks_of(facts, groups) < blocks ? blocks_of(facts, groups) : blocks;
}
