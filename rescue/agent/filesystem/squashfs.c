/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "squashfs.h"

#include "base/cleanup.h"
#include "squashfs_overlay.h"
#include "superblock.h"

/* Without an overlay there is no block that counts: these are what is told. */
#define BARE_BLOCK_BYTES 4096
#define BARE_MAX_BYTES	 (UINT64_C(1) << 62)

struct squashfs {
	struct fs fs;
	struct fs_facts facts;
	struct squashfs_place place;
	struct fs *overlay; /* owned; NULL before the first boot */
};

static const struct squashfs *squashfs_of(const struct fs *fs)
{
	return (const struct squashfs *)fs; /* its first member */
}

static void release(struct fs *fs)
{
	fs_close(&((struct squashfs *)fs)->overlay);
}

/* The blocks of the overlay in those of the whole: it begins at a multiple of every size. */
static uint64_t blocks_before_overlay(const struct squashfs *squashfs)
{
	return squashfs->overlay ? squashfs->place.overlay_at / squashfs->facts.block_bytes : 0;
}

static int find_overlay(struct squashfs *squashfs, struct fault *fault)
{
	const struct fs_target *target = &squashfs->fs.target;
	cleanup_fd int fd = superblock_open(target, fault);
	uint8_t super[SQUASHFS_SUPERBLOCK_BYTES], overlay[SQUASHFS_OVERLAY_LOOK];
	struct fs_target behind = *target;
	const char *type;
	ssize_t got;

	if (fd < 0 || superblock_read(fd, target->offset_bytes, super, sizeof(super), fault) < 0 ||
	    squashfs_read(super, &squashfs->place, fault) < 0)
		return -1;
	fs_target_move(&behind, squashfs->place.overlay_at);
	got = superblock_read_most(fd, behind.offset_bytes, overlay, sizeof(overlay), fault);
	if (got < 0 || squashfs_overlay_type(overlay, (size_t)got, &type, fault) < 0)
		return -1;
	return type ? fs_open(type, &behind, &squashfs->overlay, fault) : 0;
}

static int read_facts(struct fs *fs, struct fault *fault)
{
	struct squashfs *squashfs = (struct squashfs *)fs;
	struct fs_facts *facts = &squashfs->facts;

	if (find_overlay(squashfs, fault) < 0)
		return -1;
	if (squashfs->overlay)
		*facts = *squashfs->overlay->facts;
	else
		*facts = (struct fs_facts){ .state = FS_CLEAN,
					    .block_bytes = BARE_BLOCK_BYTES,
					    .blocks =
						    squashfs->place.used_bytes / BARE_BLOCK_BYTES };
	facts->type = "squashfs";
	facts->blocks += blocks_before_overlay(squashfs);
	fs->facts = facts;
	fs->program = squashfs->overlay ? squashfs->overlay->program : NULL;
	return 0;
}

static struct limit limit(const struct fs *fs, uint64_t start_bytes, uint32_t sector_bytes)
{
	const struct squashfs *squashfs = squashfs_of(fs);
	uint64_t bytes = start_bytes + BARE_MAX_BYTES;

	if (squashfs->overlay)
		return squashfs->overlay->ops->limit(
			squashfs->overlay, start_bytes + squashfs->place.overlay_at, sector_bytes);
	return (struct limit){ REASON_FS_LIMIT, bytes - bytes % sector_bytes };
}

static int refuse(const struct fs *fs, uint64_t partition_bytes, struct fault *fault)
{
	const struct squashfs *squashfs = squashfs_of(fs);

	if (squashfs->overlay)
		return squashfs->overlay->ops->refuse(
			squashfs->overlay, partition_bytes - squashfs->place.overlay_at, fault);
	return fault_set(fault, REASON_FS_LIMIT, "a partition has at most 2^62 bytes here");
}

static uint64_t blocks_for(const struct fs *fs, uint64_t partition_bytes)
{
	const struct squashfs *squashfs = squashfs_of(fs);

	if (!squashfs->overlay || partition_bytes < squashfs->place.overlay_at)
		return fs->facts->blocks;
	return blocks_before_overlay(squashfs) +
	       squashfs->overlay->ops->blocks_for(squashfs->overlay,
						  partition_bytes - squashfs->place.overlay_at);
}

static bool is_check_long(const struct fs *fs)
{
	const struct fs *overlay = squashfs_of(fs)->overlay;

	return overlay && overlay->ops->is_check_long(overlay);
}

static int check(const struct fs *fs, uint64_t blocks, enum check_mode mode,
		 const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	const struct squashfs *squashfs = squashfs_of(fs);

	*ret_result = (struct check_result){ .repairs_complete = true };
	if (!squashfs->overlay)
		return 0;
	return squashfs->overlay->ops->check(squashfs->overlay,
					     blocks - blocks_before_overlay(squashfs), mode, tools,
					     ret_result, fault);
}

static int grow(const struct fs *fs, uint64_t blocks, const struct fs_tools *tools,
		int *ret_exit_status, struct fault *fault)
{
	const struct squashfs *squashfs = squashfs_of(fs);

	*ret_exit_status = 0;
	if (!squashfs->overlay)
		return 0;
	return squashfs->overlay->ops->grow(squashfs->overlay,
					    blocks - blocks_before_overlay(squashfs), tools,
					    ret_exit_status, fault);
}

static int refuse_damage(const struct fs *fs, int exit_status, struct fault *fault)
{
	const struct fs *overlay = squashfs_of(fs)->overlay;

	return overlay->ops->refuse_damage(overlay, exit_status, fault);
}

static const char *const types[] = { "squashfs", NULL };
static const char *const others[] = { "squashfs3", NULL };

const struct fs_ops squashfs_ops = {
	.types = types,
	.others = others,
	.struct_bytes = sizeof(struct squashfs),
	.read = read_facts,
	.release = release,
	.limit = limit,
	.refuse = refuse,
	.blocks_for = blocks_for,
	.is_check_long = is_check_long,
	.check = check,
	.grow = grow,
	.refuse_damage = refuse_damage,
};
