/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfs.h"

#include "base/text.h"
#include "mounted.h"
#include "xfs_check.h"
#include "xfs_facts.h"
#include "xfs_size.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>

/* With so many inodes in use a check takes longer than another machine's start. */
#define LONG_CHECK_INODES 50000

/* XFS_IOC_FSGROWFSDATA of fs/xfs/libxfs/xfs_fs.h, which is in no header of the system. */
struct grow_request {
	uint64_t blocks;
	uint32_t inode_percent; /* another one than now would be set */
	uint32_t padding;
};
#define GROW_IOCTL _IOW('X', 110, struct grow_request)

struct xfs {
	struct fs fs;
	struct xfs_facts facts;
};

static const struct xfs *xfs_of(const struct fs *fs)
{
	return (const struct xfs *)fs; /* its first member */
}

static int read_facts(struct fs *fs, struct fault *fault)
{
	struct xfs *xfs = (struct xfs *)fs;

	fs->facts = &xfs->facts.common;
	return xfs_facts_read(&fs->target, &xfs->facts, fault);
}

static struct limit limit(const struct fs *fs, uint64_t start_bytes, uint32_t sector_bytes)
{
	uint64_t bytes =
		start_bytes + xfs_size_largest_blocks(&xfs_of(fs)->facts) * fs->facts->block_bytes;

	return (struct limit){ REASON_FS_LIMIT, bytes - bytes % sector_bytes };
}

static int refuse(const struct fs *fs, uint64_t partition_bytes, struct fault *fault)
{
	const struct xfs_facts *facts = &xfs_of(fs)->facts;
	uint64_t group_bytes = (uint64_t)facts->group_blocks * facts->common.block_bytes;
	char group[TEXT_SIZE_CHARS];

	return fault_set(fault, REASON_FS_LIMIT,
			 "the xfs has allocation groups of %s, which no grow can change: it would "
			 "have %" PRIu64 " of them, and more than %d take the kernel too long",
			 text_of_size(group, group_bytes),
			 (partition_bytes + group_bytes - 1) / group_bytes, XFS_GROUPS_MAX);
}

static uint64_t blocks_for(const struct fs *fs, uint64_t partition_bytes)
{
	return xfs_size_blocks(&xfs_of(fs)->facts, partition_bytes);
}

static bool is_check_long(const struct fs *fs)
{
	return xfs_of(fs)->facts.used_inodes >= LONG_CHECK_INODES;
}

/* The check before is what protects: the kernel grows a damaged xfs as well. */
static int check(const struct fs *fs, uint64_t blocks, enum check_mode mode,
		 const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	(void)blocks;
	return xfs_check(&fs->target, &xfs_of(fs)->facts, mode, tools, ret_result, fault);
}

static int ask_kernel(int root_fd, const void *argument)
{
	return ioctl(root_fd, GROW_IOCTL, argument) < 0 ? errno : 0;
}

static int explain(const struct mounted_end *end, struct fault *fault)
{
	enum reason reason =
		end->stage == MOUNTED_MOUNT ? REASON_FS_FEATURE : REASON_FS_RESIZE_FAILED;

	return fault_set_errno(fault, reason, end->error,
			       "the kernel of the machine cannot %s this xfs, which xfs_repair "
			       "finds in order",
			       mounted_stage_word(end->stage));
}

static int grow(const struct fs *fs, uint64_t blocks, const struct fs_tools *tools,
		int *ret_exit_status, struct fault *fault)
{
	const struct xfs_facts *facts = &xfs_of(fs)->facts;
	const struct grow_request request = { .blocks = blocks,
					      .inode_percent = facts->inode_percent };
	char options[XFS_OPTIONS_BYTES];
	const struct mounted_work work = { .type = "xfs",
					   .options = xfs_mount_options(facts, options),
					   .run = ask_kernel,
					   .argument = &request };
	struct mounted_end end;

	if (mounted_run(&fs->target, &work, tools, &end, fault) < 0)
		return -1;
	if (end.stage != MOUNTED_DONE)
		return explain(&end, fault);
	*ret_exit_status = 0;
	return 0;
}

static int refuse_damage(const struct fs *fs, int exit_status, struct fault *fault)
{
	(void)fs;
	return fault_set(fault, REASON_NOT_VERIFIED,
			 "the file system was damaged after the resize (xfs_repair status %d)",
			 exit_status);
}

static const char *const types[] = { "xfs", NULL };

const struct fs_ops xfs_ops = {
	.types = types,
	.program = "xfs_repair",
	.struct_bytes = sizeof(struct xfs),
	.read = read_facts,
	.limit = limit,
	.refuse = refuse,
	.blocks_for = blocks_for,
	.grows_mounted = true,
	.is_check_long = is_check_long,
	.check = check,
	.grow = grow,
	.refuse_damage = refuse_damage,
};
