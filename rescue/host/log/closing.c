/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "closing.h"

#include "base/cleanup.h"
#include "host/block/block.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES (UINT64_C(1) << 20)
#define FROM_END    (UINT64_C(1) << 63) /* so many bytes before the end */

/* Each one that is there is one. UEFI 2.10, 5.3.2, for GPT; the kernel's headers for the others. */
static const struct signature {
	uint64_t at;
	const char *bytes;
	size_t size_bytes;
	bool of_table;
} signatures[] = {
#define SIGNATURE(at, bytes, of_table)                                                             \
	{                                                                                          \
		at, bytes, sizeof(bytes) - 1, of_table                                             \
	}
	SIGNATURE(510, "\x55\xaa", true),
	SIGNATURE(512, "EFI PART", true),
	SIGNATURE(4096, "EFI PART", true),
	SIGNATURE(FROM_END | 512, "EFI PART", true),
	SIGNATURE(FROM_END | 4096, "EFI PART", true),
	SIGNATURE(0, "XFSB", false),
	SIGNATURE(1024 + 56, "\x53\xef", false),
	SIGNATURE(1024, "\x10\x20\xf5\xf2", false),
	SIGNATURE(4096 + 1024, "\x10\x20\xf5\xf2", false), /* f2fs takes either */
	SIGNATURE(65536 + 64, "_BHRfS_M", false),
	SIGNATURE(0, "LUKS\xba\xbe", false),
	SIGNATURE(16 << 10, "SKUL\xba\xbe", false), /* the second header of LUKS 2 */
	SIGNATURE(32 << 10, "SKUL\xba\xbe", false),
	SIGNATURE(64 << 10, "SKUL\xba\xbe", false),
	SIGNATURE(128 << 10, "SKUL\xba\xbe", false),
	SIGNATURE(256 << 10, "SKUL\xba\xbe", false),
	SIGNATURE(512 << 10, "SKUL\xba\xbe", false),
	SIGNATURE(1 << 20, "SKUL\xba\xbe", false),
	SIGNATURE(2 << 20, "SKUL\xba\xbe", false),
	SIGNATURE(4 << 20, "SKUL\xba\xbe", false),
	SIGNATURE(512, "LABELONE", false),
	SIGNATURE(0, "hsqs", false),
	SIGNATURE((4 << 10) - 10, "SWAPSPACE2", false), /* at the end of a page */
	SIGNATURE((8 << 10) - 10, "SWAPSPACE2", false),
	SIGNATURE((16 << 10) - 10, "SWAPSPACE2", false),
	SIGNATURE((32 << 10) - 10, "SWAPSPACE2", false),
	SIGNATURE((64 << 10) - 10, "SWAPSPACE2", false),
};

/* Does the disk have these bytes there? -1: it cannot be read. */
static int has(struct block_disk *disk, uint64_t at, const char *bytes, size_t size_bytes,
	       struct fault *fault)
{
	uint8_t found[CLOSING_BYTES_MAX];

	if (at > disk->size_bytes || size_bytes > disk->size_bytes - at)
		return 0;
	if (block_read(disk, at, found, size_bytes, fault) < 0)
		return -1;
	return memcmp(found, bytes, size_bytes) == 0;
}

static int find(struct block_disk *image, struct block_disk *log, bool of_table,
		struct closing *closing, struct fault *fault)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct signature *signature = &signatures[i];
		struct closing_mark *mark = &closing->marks[closing->count];
		uint64_t at = signature->at & ~FROM_END;
		int before, after;

		if (signature->of_table != of_table || at > log->size_bytes)
			continue;
		if (signature->at & FROM_END)
			at = log->size_bytes - at;
		before = has(image, at, signature->bytes, signature->size_bytes, fault);
		after = has(log, at, signature->bytes, signature->size_bytes, fault);
		if (before < 0 || after < 0)
			return -1;
		if (!after)
			continue;
		*mark = (struct closing_mark){ .at = at,
					       .size_bytes = signature->size_bytes,
					       .before = before == 1 };
		memcpy(mark->bytes, signature->bytes, signature->size_bytes);
		if (++closing->count == CLOSING_MARKS_MAX)
			break;
	}
	return 0;
}

int closing_read(struct block_disk *disk, const struct block_extent *extents, size_t count,
		 const struct closing *closing, closing_take *take, void *context,
		 struct fault *fault)
{
	cleanup_free uint8_t *bytes = malloc(PIECE_BYTES);

	if (!bytes)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	for (size_t i = 0; i < count; i++) {
		struct block_extent left = extents[i];

		while (left.bytes > 0) {
			size_t piece = left.bytes < PIECE_BYTES ? left.bytes : PIECE_BYTES;

			if (block_read(disk, left.at, bytes, piece, fault) < 0)
				return -1;
			closing_mask(closing, left.at, bytes, piece);
			if (take(context, left.at, bytes, piece, fault) < 0)
				return -1;
			left.at += piece;
			left.bytes -= piece;
		}
	}
	return 0;
}

static int add_to_sum(void *context, uint64_t at, const uint8_t *bytes, size_t size_bytes,
		      struct fault *fault)
{
	(void)at, (void)fault;
	checksum_add(context, bytes, size_bytes);
	return 0;
}

int closing_sum(struct block_disk *disk, const struct block_extent *extents, size_t count,
		const struct closing *closing, char ret_sum[CHECKSUM_CHARS + 1],
		struct fault *fault)
{
	struct checksum checksum;

	checksum_begin(&checksum);
	if (closing_read(disk, extents, count, closing, add_to_sum, &checksum, fault) < 0)
		return -1;
	checksum_end(&checksum, ret_sum);
	return 0;
}

static void sum_superblock(const struct closing *closing, uint64_t at,
			   uint8_t bytes[2 * TABLE_SECTOR_BYTES],
			   char ret_sums[2][CHECKSUM_CHARS + 1])
{
	closing_mask(closing, at, bytes, 2 * TABLE_SECTOR_BYTES);
	for (int half = 0; half < 2; half++)
		checksum_of(bytes + half * TABLE_SECTOR_BYTES, TABLE_SECTOR_BYTES, ret_sums[half]);
}

int closing_find(struct block_disk *image, struct block_disk *log, bool has_table,
		 uint64_t superblock_at, struct closing *ret_closing, struct fault *fault)
{
	cleanup_free struct block_extent *extents = NULL;
	struct block_disk *const disks[] = { image, log };
	size_t count = 0;

	ret_closing->count = 0;
	if (find(image, log, has_table, ret_closing, fault) < 0)
		return -1;
	if (ret_closing->count == 0)
		return fault_set(fault, REASON_NOT_VERIFIED,
				 "The grown disk has no signature that is known");
	if (block_extents(log, &extents, &count, fault) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		uint8_t superblock[2 * TABLE_SECTOR_BYTES];

		if (closing_sum(disks[i], extents, count, ret_closing, ret_closing->content_sum[i],
				fault) < 0 ||
		    block_read(disks[i], superblock_at, superblock, sizeof(superblock), fault) < 0)
			return -1;
		sum_superblock(ret_closing, superblock_at, superblock,
			       ret_closing->superblock_sum[i]);
	}
	return 0;
}

static bool is_zero(const struct closing_mark *mark, int fd)
{
	static const uint8_t zeros[CLOSING_BYTES_MAX];
	uint8_t bytes[CLOSING_BYTES_MAX];

	return pread(fd, bytes, mark->size_bytes, (off_t)mark->at) == (ssize_t)mark->size_bytes &&
	       memcmp(bytes, zeros, mark->size_bytes) == 0;
}

bool closing_is_closed(const struct closing *closing, uint64_t superblock_at, int fd)
{
	uint8_t superblock[2 * TABLE_SECTOR_BYTES];
	char sums[2][CHECKSUM_CHARS + 1];

	for (size_t i = 0; i < closing->count; i++)
		if (!is_zero(&closing->marks[i], fd))
			return false;
	if (closing->count == 0 || pread(fd, superblock, sizeof(superblock),
					 (off_t)superblock_at) != (ssize_t)sizeof(superblock))
		return false;
	sum_superblock(closing, superblock_at, superblock, sums);
	for (int half = 0; half < 2; half++)
		if (strcmp(sums[half], closing->superblock_sum[0][half]) != 0 &&
		    strcmp(sums[half], closing->superblock_sum[1][half]) != 0)
			return false; /* a blank device has no signatures either */
	return true;
}

bool closing_is_touched(const struct closing *closing, int fd)
{
	for (size_t i = 0; i < closing->count; i++)
		if (closing->marks[i].before && is_zero(&closing->marks[i], fd))
			return true;
	return false;
}

enum state { STATE_CLOSED, STATE_BEFORE, STATE_AFTER };

static int put_all(const struct closing *closing, int fd, enum state state)
{
	static const uint8_t zeros[CLOSING_BYTES_MAX];

	for (size_t i = 0; i < closing->count; i++) {
		const struct closing_mark *mark = &closing->marks[i];
		ssize_t put;

		if (state == STATE_BEFORE && !mark->before)
			continue;
		put = pwrite(fd, state == STATE_CLOSED ? zeros : mark->bytes, mark->size_bytes,
			     (off_t)mark->at);
		if (put == (ssize_t)mark->size_bytes)
			continue;
		if (put >= 0)
			errno = EIO;
		return -1;
	}
	return 0;
}

int closing_close(const struct closing *closing, int fd)
{
	return put_all(closing, fd, STATE_CLOSED);
}

int closing_open(const struct closing *closing, int fd, bool as_before)
{
	return put_all(closing, fd, as_before ? STATE_BEFORE : STATE_AFTER);
}

void closing_mask(const struct closing *closing, uint64_t at, uint8_t *bytes, size_t size_bytes)
{
	for (size_t i = 0; i < closing->count; i++) {
		const struct closing_mark *mark = &closing->marks[i];

		for (size_t n = 0; n < mark->size_bytes; n++)
			if (mark->at + n >= at && mark->at + n - at < size_bytes)
				bytes[mark->at + n - at] = 0;
	}
}
