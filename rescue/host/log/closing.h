/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that is a block device cannot be renamed while it is committed. It is closed instead: the
 * signatures by which firmware and kernels know its table (or, without one, its only contents) are
 * zero until everything else is written. So nobody starts from it half old and half new. */
#ifndef LOG_CLOSING_H
#define LOG_CLOSING_H

#include "base/fault.h"
#include "checksum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_disk;
struct block_extent;

#define CLOSING_MARKS_MAX 8
#define CLOSING_BYTES_MAX 16

/* A signature as the grown disk has it. */
struct closing_mark {
	uint64_t at; /* in bytes */
	size_t size_bytes;
	uint8_t bytes[CLOSING_BYTES_MAX];
	bool before; /* the disk had it before the grow, too */
};

struct closing {
	size_t count;
	struct closing_mark marks[CLOSING_MARKS_MAX];
	/* Of what the log holds, without the signatures: as it was on the disk, and as it will be.
	 */
	char content_sum[2][CHECKSUM_CHARS + 1];
	/* Of both sectors of the superblock, without the signatures: the same. */
	char superblock_sum[2][2][CHECKSUM_CHARS + 1];
};

/* Which signatures the grown disk has: of an MBR, of both headers of a GPT; without a table those
 * of its file system, or of what else is on it; and the sums. Faults: disk-io, no-memory,
 * not-verified (it has none). */
int closing_find(struct block_disk *image, struct block_disk *log, bool has_table,
		 uint64_t superblock_at, struct closing *ret_closing, struct fault *fault);

/* Read what a disk has where these pieces are, without the signatures, and hand it over bit by bit.
 * take: 0, or -1 with the fault, which ends it. Faults: disk-io, no-memory. */
typedef int closing_take(void *context, uint64_t at, const uint8_t *bytes, size_t size_bytes,
			 struct fault *fault);
int closing_read(struct block_disk *disk, const struct block_extent *extents, size_t count,
		 const struct closing *closing, closing_take *take, void *context,
		 struct fault *fault);

/* The sum of what a disk has where these pieces are, without the signatures. Faults: disk-io,
 * no-memory. */
int closing_sum(struct block_disk *disk, const struct block_extent *extents, size_t count,
		const struct closing *closing, char ret_sum[CHECKSUM_CHARS + 1],
		struct fault *fault);

/* Whether all signatures are zero there, and the superblock is one of the two. False if that cannot
 * be read. */
bool closing_is_closed(const struct closing *closing, uint64_t superblock_at, int fd);

/* Whether one of those that the disk had before is zero. */
bool closing_is_touched(const struct closing *closing, int fd);

/* Close the disk; open it, as it was before the grow or as it is after. 0, or -1 with errno.
 * Nothing is flushed. */
int closing_close(const struct closing *closing, int fd);
int closing_open(const struct closing *closing, int fd, bool as_before);

/* Zero the part of them that lies in these bytes of the disk. */
void closing_mask(const struct closing *closing, uint64_t at, uint8_t *bytes, size_t size_bytes);

#endif
