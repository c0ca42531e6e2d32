/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "btrfs.h"

#include "base/text.h"
#include "btrfs_check.h"
#include "btrfs_facts.h"
#include "mounted.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <sys/ioctl.h>

/* So much in use may be so many files that a check takes longer than another machine's
 * start. How many there are, the superblock does not say. */
#define LONG_CHECK_BYTES (UINT64_C(4) << 30)

/* The kernel's own bounds: btrfs_ioctl_resize() in fs/btrfs/ioctl.c refuses less; and the
 * largest offset of a file is that of the disk. */
#define SIZE_MIN_BYTES (UINT64_C(256) << 20)
#define SIZE_MAX_BYTES (UINT64_C(1) << 62)

/* The root of all, whatever subvolume is the default one. A paused balance stays paused. */
#define MOUNT_OPTIONS "subvolid=5,skip_balance,nodiscard"

/* What errno has no word for. */
#define BUSY_WITH_OTHER (-1)

struct btrfs {
	struct fs fs;
	struct btrfs_facts facts;
};

static const struct btrfs *btrfs_of(const struct fs *fs)
{
	return (const struct btrfs *)fs; /* its first member */
}

static int read_facts(struct fs *fs, struct fault *fault)
{
	struct btrfs *btrfs = (struct btrfs *)fs;

	fs->facts = &btrfs->facts.common;
	return btrfs_facts_read(&fs->target, &btrfs->facts, fault);
}

static struct limit limit(const struct fs *fs, uint64_t start_bytes, uint32_t sector_bytes)
{
	uint64_t bytes = start_bytes + SIZE_MAX_BYTES;

	(void)fs;
	return (struct limit){ REASON_FS_LIMIT, bytes - bytes % sector_bytes };
}

static int refuse(const struct fs *fs, uint64_t partition_bytes, struct fault *fault)
{
	(void)fs;
	return fault_set(fault, REASON_FS_LIMIT,
			 "btrfs cannot have %" PRIu64 " bytes: a device has at most 2^62",
			 partition_bytes);
}

static uint64_t blocks_for(const struct fs *fs, uint64_t partition_bytes)
{
	return partition_bytes / fs->facts->block_bytes;
}

static bool is_check_long(const struct fs *fs)
{
	return btrfs_of(fs)->facts.used_bytes >= LONG_CHECK_BYTES;
}

/* The check before is what protects: the kernel grows a damaged btrfs as well. */
static int check(const struct fs *fs, uint64_t blocks, enum check_mode mode,
		 const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	(void)blocks;
	return btrfs_check(&fs->target, mode, tools, ret_result, fault);
}

static int ask_kernel(int root_fd, const void *argument)
{
	int result = ioctl(root_fd, BTRFS_IOC_RESIZE, argument);

	if (result < 0)
		return errno;
	return result > 0 ? BUSY_WITH_OTHER : 0;
}

static int explain(const struct mounted_end *end, struct fault *fault)
{
	if (end->error == BUSY_WITH_OTHER) {
		fault_set(fault, REASON_FS_RESIZE_FAILED,
			  "a balance of this btrfs is paused, and the kernel does not grow it "
			  "until the balance ends");
		return fault_hint(fault, "in the system of the image: btrfs balance cancel /");
	}
	return fault_set_errno(fault, REASON_FS_RESIZE_FAILED, end->error,
			       "the kernel of the machine cannot %s this btrfs",
			       mounted_stage_word(end->stage));
}

static int grow(const struct fs *fs, uint64_t blocks, const struct fs_tools *tools,
		int *ret_exit_status, struct fault *fault)
{
	const struct btrfs_facts *facts = &btrfs_of(fs)->facts;
	struct btrfs_ioctl_vol_args size = { 0 };
	const struct mounted_work work = {
		.type = "btrfs", .options = MOUNT_OPTIONS, .run = ask_kernel, .argument = &size
	};
	struct mounted_end end;

	snprintf(size.name, sizeof(size.name), "%" PRIu64 ":%" PRIu64, facts->device_id,
		 blocks * facts->common.block_bytes);
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
			 "the file system was damaged after the resize (btrfs check status %d)",
			 exit_status);
}

static const char *const types[] = { "btrfs", NULL };

const struct fs_ops btrfs_ops = {
	.types = types,
	.program = "btrfs",
	.size_min_bytes = SIZE_MIN_BYTES,
	.struct_bytes = sizeof(struct btrfs),
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
