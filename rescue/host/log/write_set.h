/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The write set: which bytes of a disk a grow may change, and into what. The host computes
 * it from the image's own table and the new size alone; nothing that the guest says counts.
 * Pure: no I/O. A new kind of table adds a producer. */
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
	WRITE_CHS
};

struct write_range {
	uint64_t at, bytes; /* on the disk */
	enum write_kind kind;
	uint64_t smallest, largest; /* of WRITE_NUMBER, which has at most 8 bytes; WRITE_CHS */
};

struct write_set {
	size_t count;
	struct write_range ranges[WRITE_RANGES_MAX]; /* by place, no two touch */
	/* The target that it is for. */
	struct table_part target;
	uint64_t target_end_lba; /* where its room ends */
};

/* For a disk whose first sector was that, which becomes so large. number: the partition to
 * grow, 0: the last one. -1: the sector has no table that is known, or not that partition, or it
 * overlaps another one or the end of the disk. */
int write_set_make(const uint8_t first_sector[TABLE_SECTOR_BYTES], uint64_t size_after_bytes,
		   unsigned number, struct write_set *ret_set);

/* Count the bytes that differ where they must not. The piece lies at that place of the disk;
 * the bytes of a number that is only partly in it must not differ. *ret_first: the place of
 * the first one. */
uint64_t write_set_judge(const struct write_set *set, uint64_t at, const uint8_t *before,
			 const uint8_t *after, size_t size_bytes, uint64_t *ret_first);

/* The next piece from *at on, up to end, in which not everything is allowed; false: none. */
bool write_set_next(const struct write_set *set, uint64_t *at, uint64_t end, uint64_t *ret_bytes);

#endif
