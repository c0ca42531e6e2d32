/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "swap.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "superblock.h"
#include "swap_header.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct swap {
	struct fs fs;
	struct swap_header header;
	struct fs_facts facts;
};

static const struct swap *swap_of(const struct fs *fs)
{
	return (const struct swap *)fs; /* its first member */
}

static int read_header(const struct fs_target *target, struct swap_header *ret_header,
		       struct fault *fault)
{
	cleanup_fd int fd = superblock_open(target, fault);
	uint8_t bytes[SWAP_PAGE_MAX_BYTES];
	ssize_t got;

	if (fd < 0)
		return -1;
	got = superblock_read_most(fd, target->offset_bytes, bytes, sizeof(bytes), fault);
	return got < 0 ? -1 : swap_header_read(bytes, (size_t)got, ret_header, fault);
}

static int read_facts(struct fs *fs, struct fault *fault)
{
	struct swap *swap = (struct swap *)fs;

	if (read_header(&fs->target, &swap->header, fault) < 0)
		return -1;
	swap->facts = (struct fs_facts){ .type = "swap",
					 .state = FS_CLEAN,
					 .block_bytes = swap->header.page_bytes,
					 .blocks = (uint64_t)swap->header.last_page + 1 };
	superblock_label((const uint8_t *)swap->header.label, SWAP_LABEL_BYTES, swap->facts.label);
	superblock_uuid(swap->header.uuid, swap->facts.uuid);
	fs->facts = &swap->facts;
	return 0;
}

static struct limit limit(const struct fs *fs, uint64_t start_bytes, uint32_t sector_bytes)
{
	uint64_t pages = swap_header_pages(&swap_of(fs)->header, UINT64_MAX);
	uint64_t bytes = start_bytes + pages * fs->facts->block_bytes;

	return (struct limit){ REASON_FS_LIMIT, bytes - bytes % sector_bytes };
}

static int refuse(const struct fs *fs, uint64_t partition_bytes, struct fault *fault)
{
	char size[TEXT_SIZE_CHARS];

	return fault_set(
		fault, REASON_FS_LIMIT,
		"a swap area cannot have %s: its header counts less than 2^32 pages, of %u bytes",
		text_of_size(size, partition_bytes), fs->facts->block_bytes);
}

static uint64_t blocks_for(const struct fs *fs, uint64_t partition_bytes)
{
	return swap_header_pages(&swap_of(fs)->header, partition_bytes);
}

static bool is_check_long(const struct fs *fs)
{
	(void)fs;
	return false;
}

/* The header is all there is to check. */
static int check(const struct fs *fs, uint64_t blocks, enum check_mode mode,
		 const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	struct swap_header header;

	(void)blocks, (void)mode, (void)tools;
	if (read_header(&fs->target, &header, fault) < 0)
		return -1;
	*ret_result = (struct check_result){ .repairs_complete = true };
	return 0;
}

static int grow(const struct fs *fs, uint64_t blocks, const struct fs_tools *tools,
		int *ret_exit_status, struct fault *fault)
{
	cleanup_fd int fd = open(fs->target.path, O_WRONLY | O_CLOEXEC);
	const off_t at = (off_t)(fs->target.offset_bytes + SWAP_LAST_PAGE_AT);
	uint8_t bytes[4];

	(void)tools;
	swap_header_set_last_page(&swap_of(fs)->header, (uint32_t)(blocks - 1), bytes);
	if (fd < 0 || pwrite(fd, bytes, sizeof(bytes), at) != sizeof(bytes) || fsync(fd) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno,
				       "the header of the swap area cannot be written");
	*ret_exit_status = 0;
	return 0;
}

static int refuse_damage(const struct fs *fs, int exit_status, struct fault *fault)
{
	(void)fs, (void)exit_status;
	return fault_set(fault, REASON_NOT_VERIFIED,
			 "the header of the swap area was damaged after the resize");
}

static const char *const types[] = { "swap", NULL };
static const char *const others[] = { "swsuspend", NULL }; /* an image of hibernation */

const struct fs_ops swap_ops = {
	.types = types,
	.others = others,
	.struct_bytes = sizeof(struct swap),
	.read = read_facts,
	.limit = limit,
	.refuse = refuse,
	.blocks_for = blocks_for,
	.is_check_long = is_check_long,
	.check = check,
	.grow = grow,
	.refuse_damage = refuse_damage,
};
