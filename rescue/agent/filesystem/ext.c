/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ext.h"

#include "ext_check.h"
#include "ext_facts.h"
#include "ext_grow.h"
#include "ext_size.h"

/* With so many inodes in use a check takes longer than another machine's start. */
#define LONG_CHECK_INODES 50000

struct ext {
	struct fs fs;
	struct ext_facts facts;
};

static const struct ext *ext_of(const struct fs *fs)
{
	return (const struct ext *)fs; /* its first member */
}

static int read_facts(struct fs *fs, struct fault *fault)
{
	struct ext *ext = (struct ext *)fs;

	fs->facts = &ext->facts.common;
	return ext_facts_read(&fs->target, &ext->facts, fault);
}

static struct limit limit(const struct fs *fs, uint64_t start_bytes, uint32_t sector_bytes)
{
	return ext_size_limit(&ext_of(fs)->facts, start_bytes, sector_bytes);
}

static int refuse(const struct fs *fs, uint64_t partition_bytes, struct fault *fault)
{
	return ext_size_refuse(&ext_of(fs)->facts, partition_bytes, fault);
}

static uint64_t blocks_for(const struct fs *fs, uint64_t partition_bytes)
{
	return ext_size_blocks(&ext_of(fs)->facts, partition_bytes);
}

static bool is_check_long(const struct fs *fs)
{
	const struct ext_facts *facts = &ext_of(fs)->facts;

	return facts->inodes >= facts->free_inodes + (uint64_t)LONG_CHECK_INODES;
}

/* The check before makes the resize safe. resize2fs 1.47.0 can leave ordinary repairs
 * behind, which the check after makes. */
static int check(const struct fs *fs, uint64_t blocks, enum check_mode mode,
		 const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	struct ext_facts facts = ext_of(fs)->facts;

	facts.common.blocks = blocks;
	return ext_check(&fs->target, &facts, mode, tools, ret_result, fault);
}

static int grow(const struct fs *fs, uint64_t blocks, const struct fs_tools *tools,
		int *ret_exit_status, struct fault *fault)
{
	return ext_grow(&fs->target, &ext_of(fs)->facts, blocks, tools, ret_exit_status, fault);
}

static int refuse_damage(const struct fs *fs, int exit_status, struct fault *fault)
{
	if (ext_of(fs)->facts.has_bigalloc)
		return fault_set(fault, REASON_FS_FEATURE,
				 "resize2fs cannot grow this bigalloc file system: it was damaged "
				 "afterwards");
	return fault_set(fault, REASON_NOT_VERIFIED,
			 "the file system was damaged after the resize (e2fsck status %d)",
			 exit_status);
}

static const char *const types[] = { "ext2", "ext3", "ext4", NULL };

const struct fs_ops ext_ops = {
	.types = types,
	.struct_bytes = sizeof(struct ext),
	.read = read_facts,
	.limit = limit,
	.refuse = refuse,
	.blocks_for = blocks_for,
	.is_check_long = is_check_long,
	.check = check,
	.grow = grow,
	.refuse_damage = refuse_damage,
};
