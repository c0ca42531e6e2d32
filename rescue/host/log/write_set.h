/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The write set: which bytes of a disk a grow may change, and into what. The host computes
 * it from the image's own table and the new size alone; nothing that the guest says counts.
 * It reads the table and nothing else. A new kind of table adds a producer (produce.h). */
#ifndef LOG_WRITE_SET_H
#define LOG_WRITE_SET_H

#include "base/fault.h"
#include "table/table.h"

#define WRITE_RANGES_MAX 16

enum write_kind {
	WRITE_ANYTHING,
	WRITE_NUMBER, /* little-endian, from smallest to largest */
	/* The CHS address (3 bytes) of the sector `largest`, in whatever geometry: capped at
	 * cylinder 1023. The agent chooses the geometry by the table's own manner; which one
	 * it chose is not judged. */
	WRITE_CHS,
	WRITE_BYTES, /* exactly these, all of them */
	WRITE_ZEROS  /* each byte may become zero */
};

struct write_range {
	uint64_t at, bytes; /* on the disk */
	enum write_kind kind;
	uint64_t smallest, largest; /* of WRITE_NUMBER, which has at most 8 bytes; WRITE_CHS */
	const uint8_t *data;	    /* of WRITE_BYTES: so many bytes, in the set's memory */
};

/* Every range may also stay what it was. A range of less than TABLE_SECTOR_BYTES lies within
 * one sector; a larger one has whole sectors. write_set_close frees it. */
struct write_set {
	size_t count;
	struct write_range ranges[WRITE_RANGES_MAX]; /* by place, no two overlap */
	uint8_t *memory;			     /* of the ranges' data; owned */
	/* The target that it is for. */
	const struct table_ops *table;
	uint32_t sector_bytes;
	struct table_part target;
	uint64_t target_end_lba; /* where it may write at most */
	/* A swap partition that has to move, as it shall be; number 0: none. */
	struct table_part moved;
	size_t moved_header; /* which of the ranges */
};

/* What the grow is asked for. */
struct write_request {
	uint64_t size_after_bytes; /* of the disk */
	uint64_t leave_bytes;	   /* at its end: the last partition does not grow into them */
	/* Of these three, one: */
	const char *part_uuid, *part_label; /* by its entry in the table; NULL: not by that */
	unsigned partition;		    /* 0: the last one */
	bool repairs_all;		    /* a damaged table may be made anew from its copy */
	bool partition_only;		    /* what is in the partition must stay as it is */
	bool move_swap;			    /* swap behind the target makes room for it */
};

/* For a disk as it is before the grow. -1, and nothing to free: it has no table that is known,
 * or not that partition, or that table cannot become the one of the grown disk. */
int write_set_make(const struct table_source *before, const struct write_request *request,
		   struct write_set *ret_set);
void write_set_close(struct write_set *set);

/* Where the target begins on the disk. */
uint64_t write_set_target_at_bytes(const struct write_set *set);

/* Count the bytes that differ where they must not. The piece lies at that place of the disk;
 * the bytes of a range with a value that is only partly in it must not differ. *ret_first:
 * the place of the first one. */
uint64_t write_set_judge(const struct write_set *set, uint64_t at, const uint8_t *before,
			 const uint8_t *after, size_t size_bytes, uint64_t *ret_first);

/* The next piece from *at on, up to end, that has no range of whole sectors; false: none. */
bool write_set_next(const struct write_set *set, uint64_t *at, uint64_t end, uint64_t *ret_bytes);

/* How many bytes of a piece the ranges have. */
uint64_t write_set_within(const struct write_set *set, uint64_t at, uint64_t bytes);

#endif
