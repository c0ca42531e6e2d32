/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fence: before a log is verified, the host compares it with the image. What the log
 * does not hold is the image's by definition, so the cost is in proportion to the log. */
#ifndef LOG_FENCE_H
#define LOG_FENCE_H

#include "host/block/block.h"
#include "write_set.h"

struct fence_receipt {
	bool made;
	uint64_t compared_bytes;  /* outside of the write set */
	uint64_t differing_bytes; /* 0, or the fault is fence-breach */
};

/* Compare everything that the log holds outside of the write set: up to the old end of the
 * disk with the image, behind it with zeroes. Faults: fence-breach, disk-io, interrupted. */
int fence_compare(struct block_disk *image, struct block_disk *log, const struct write_set *set,
		  uint64_t size_after_bytes, struct fence_receipt *ret_receipt,
		  struct fault *fault);

/* Read the table of a log that was compared: it is of the same kind, and whole; the copy of a
 * GPT, at the end of the disk, says the same. Faults: fence-breach, disk-io, interrupted. */
int fence_read_table(struct block_disk *log, const struct write_set *set, struct table *ret_table,
		     struct fault *fault);

/* Is the swap partition that has to move where it shall be, in a table of the log, with its header?
 * Faults: fence-breach, disk-io, interrupted. */
int fence_check_moved(struct block_disk *log, const struct write_set *set,
		      const struct table *table, struct fault *fault);

/* The fault of a log that is not what it may be. Always -1. */
int fence_breach(struct fault *fault, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
