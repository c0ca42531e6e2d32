/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "f2fs.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "f2fs_check.h"
#include "f2fs_facts.h"
#include "loop.h"
#include "tool.h"

/* With so many files a check takes longer than another machine's start. */
#define LONG_CHECK_INODES 20000

/* resize.f2fs writes a block for each segment of the new size, the summary area: a 512th of
 * it. More than 2 GiB of that are too much for a redo log. */
#define SIZE_MAX_BLOCKS ((UINT64_C(1) << 40) / F2FS_BLOCK_BYTES)

struct f2fs {
	struct fs fs;
	struct f2fs_facts facts;
};

static const struct f2fs *f2fs_of(const struct fs *fs)
{
	return (const struct f2fs *)fs; /* its first member */
}

static int read_facts(struct fs *fs, struct fault *fault)
{
	struct f2fs *f2fs = (struct f2fs *)fs;

	fs->facts = &f2fs->facts.common;
	return f2fs_facts_read(&fs->target, &f2fs->facts, fault);
}

/* One that is larger already stays. */
static struct limit limit(const struct fs *fs, uint64_t start_bytes, uint32_t sector_bytes)
{
	uint64_t blocks = fs->facts->blocks > SIZE_MAX_BLOCKS ? fs->facts->blocks : SIZE_MAX_BLOCKS;
	uint64_t bytes = start_bytes + (blocks + 1) * F2FS_BLOCK_BYTES - 1;

	return (struct limit){ REASON_FS_LIMIT, bytes - bytes % sector_bytes };
}

static int refuse(const struct fs *fs, uint64_t partition_bytes, struct fault *fault)
{
	char size[TEXT_SIZE_CHARS], summary[TEXT_SIZE_CHARS];

	(void)fs;
	return fault_set(fault, REASON_FS_LIMIT,
			 "an f2fs is grown to 1 TiB at most: of one with %s, %s of summaries would "
			 "have to be written",
			 text_of_size(size, partition_bytes),
			 text_of_size(summary, partition_bytes / 512));
}

static uint64_t blocks_for(const struct fs *fs, uint64_t partition_bytes)
{
	(void)fs;
	return partition_bytes / F2FS_BLOCK_BYTES;
}

static bool is_check_long(const struct fs *fs)
{
	return f2fs_of(fs)->facts.inodes >= LONG_CHECK_INODES;
}

static int check(const struct fs *fs, uint64_t blocks, enum check_mode mode,
		 const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	cleanup_fd int loop = -1;
	struct fs_target target;

	(void)blocks;
	if (loop_attach(&fs->target, tools->sealed, &target, &loop, fault) < 0)
		return -1;
	return f2fs_check(&target, &f2fs_of(fs)->facts, mode, tools, ret_result, fault);
}

/* It takes the size of the device, which blocks was computed from. */
static int grow(const struct fs *fs, uint64_t blocks, const struct fs_tools *tools,
		int *ret_exit_status, struct fault *fault)
{
	cleanup_fd int loop = -1;
	struct fs_target target;
	const char *argv[] = { "resize.f2fs", target.device, NULL };
	struct f2fs_output output = { .line_bytes = 0 };
	struct tool tool = {
		.tools = tools, .percent_of = f2fs_output_read, .progress = &output, .input = ""
	};

	(void)blocks;
	if (loop_attach(&fs->target, tools->sealed, &target, &loop, fault) < 0 ||
	    tool_run(&tool, argv, ret_exit_status, fault) < 0)
		return -1;
	if (*ret_exit_status != 0)
		return fault_set(
			fault, REASON_FS_RESIZE_FAILED,
			"resize.f2fs could not grow the file system (exit status %d): %s",
			*ret_exit_status,
			output.first[0] ? output.first
					: tool_output_last_line(&tool.output, "resize.f2fs", NULL));
	return 0;
}

static int refuse_damage(const struct fs *fs, int exit_status, struct fault *fault)
{
	(void)fs;
	return fault_set(fault, REASON_NOT_VERIFIED,
			 "the file system was damaged after the resize (fsck.f2fs status %d)",
			 exit_status);
}

static const char *const types[] = { "f2fs", NULL };

const struct fs_ops f2fs_ops = {
	.types = types,
	.program = "fsck.f2fs",
	.struct_bytes = sizeof(struct f2fs),
	.read = read_facts,
	.limit = limit,
	.refuse = refuse,
	.blocks_for = blocks_for,
	.is_check_long = is_check_long,
	.check = check,
	.grow = grow,
	.refuse_damage = refuse_damage,
};
