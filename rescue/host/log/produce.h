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

/* The part that the request names; NULL: there is none, or more than one. */
const struct table_part *produce_target(const struct table_parts *parts,
					const struct write_request *request);

/* Where the room of the target ends, on a disk whose room for partitions ends there. */
uint64_t produce_room_end_lba(const struct table_parts *parts, const struct table_part *target,
			      uint64_t end_lba, const struct write_request *request,
			      uint32_t sector_bytes);

void produce_range(struct write_set *set, struct write_range range);

#endif
