/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that is a block device cannot be renamed while it is committed. It is closed instead: the
 * signatures by which firmware and kernels know its table (or, without one, its only contents) are
 * zero until everything else is written. So nobody starts from it half old and half new. */
#ifndef LOG_CLOSING_H
#define LOG_CLOSING_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_disk;

#define CLOSING_MARKS_MAX 8
#define CLOSING_BYTES_MAX 16

/* A signature as the grown disk has it. */
struct closing_mark {
	uint64_t at; /* in bytes */
	size_t size_bytes;
	uint8_t bytes[CLOSING_BYTES_MAX];
};

struct closing {
	size_t count;
	struct closing_mark marks[CLOSING_MARKS_MAX];
};

/* Which signatures a disk has: of an MBR, of both headers of a GPT; of a disk without a table
 * those of its file system, or of what else is on it. Faults: disk-io, not-verified (it has
 * none). */
int closing_find(struct block_disk *disk, struct closing *ret_closing, struct fault *fault);

/* Whether those of them that lie in this sector of the disk are zero; false if none lies there. */
int closing_look(struct block_disk *disk, const struct closing *closing, uint64_t sector_at,
		 bool *ret_closed, struct fault *fault);

/* Close the disk, or open it. 0, or -1 with errno. Nothing is flushed. */
int closing_close(const struct closing *closing, int fd);
int closing_open(const struct closing *closing, int fd);

/* Zero the part of them that lies in these bytes of the disk. */
void closing_mask(const struct closing *closing, uint64_t at, uint8_t *bytes, size_t size_bytes);

#endif
