/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The producers of write sets, one for each kind of table; for write_set.c alone. */
#ifndef LOG_PRODUCE_H
#define LOG_PRODUCE_H

#include "write_set.h"

/* From a table that was read. -1: see write_set_make. */
int produce_mbr(const struct table_source *before, const struct table *table,
		const struct write_request *request, struct write_set *ret_set);
int produce_gpt(const struct table_source *before, const struct table *table,
		const struct write_request *request, struct write_set *ret_set);
int produce_whole(const struct table_source *before, const struct table *table,
		  const struct write_request *request, struct write_set *ret_set);

/* From the backup of a GPT whose primary copy is damaged. */
int produce_gpt_repaired(const struct table_source *before, const struct write_request *request,
			 struct write_set *ret_set);

/* The part that the request means; NULL: there is none, or more than one. */
const struct table_part *produce_target(const struct table_source *before,
					const struct table_parts *parts,
					const struct write_request *request, uint32_t sector_bytes);

/* Where the room of the target ends, on a disk whose room for partitions ends there. */
uint64_t produce_room_end_lba(const struct table_parts *parts, const struct table_part *target,
			      uint64_t end_lba, const struct write_request *request,
			      uint32_t sector_bytes);

/* What the request leaves free at the end of the disk. */
uint64_t produce_leave_sectors(const struct write_request *request, uint32_t sector_bytes);

/* A swap partition that is moved, with its container where it is a logical one. */
struct produce_move {
	const struct table_part *part, *container; /* part NULL: nothing is moved */
	uint64_t from_lba;			   /* of both together */
	uint64_t shift_sectors;
	uint32_t header_bytes;
};

#define PRODUCE_HEADER_MAX_BYTES 65536
/* Memory for the copies of produce_add_moved. */
#define PRODUCE_MOVED_BYTES (TABLE_SECTOR_BYTES + PRODUCE_HEADER_MAX_BYTES)

/* The last part, or the one before it if the last is swap, by its header. */
const struct table_part *produce_before_swap(const struct table_source *before,
					     const struct table_parts *parts,
					     uint32_t sector_bytes);
/* The swap that lies alone behind the target, and has room to move up to there. */
void produce_find_move(const struct table_source *before, const struct table_parts *parts,
		       const struct table_part *target, uint64_t room_end_lba,
		       uint32_t sector_bytes, struct produce_move *ret_move);
/* What is written at its new place, and what the set says of it; if there is one. -1: the source
 * cannot read. */
int produce_add_moved(const struct table_source *before, const struct produce_move *move,
		      uint32_t sector_bytes, struct write_set *set, uint8_t **free_at);

void produce_range(struct write_set *set, struct write_range range);

#endif
