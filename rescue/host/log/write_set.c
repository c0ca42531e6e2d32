/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "produce.h"

#include "table/find.h"

#include <stdlib.h>
#include <string.h>

#define CYLINDER_MAX 1023
#define HEADS_MAX    256
#define SECTORS_MAX  63

void produce_range(struct write_set *set, struct write_range range)
{
	set->ranges[set->count++] = range;
}

const struct table_part *produce_target(const struct table_source *before,
					const struct table_parts *parts,
					const struct write_request *request, uint32_t sector_bytes)
{
	if (request->part_uuid)
		return table_find_uuid(parts, request->part_uuid);
	if (request->part_label)
		return table_find_name(parts, request->part_label);
	if (request->move_swap && request->partition == 0)
		return produce_before_swap(before, parts, sector_bytes);
	return table_choose(parts, request->partition);
}

uint64_t produce_leave_sectors(const struct write_request *request, uint32_t sector_bytes)
{
	return request->leave_bytes / sector_bytes + (request->leave_bytes % sector_bytes != 0);
}

uint64_t produce_room_end_lba(const struct table_parts *parts, const struct table_part *target,
			      uint64_t end_lba, const struct write_request *request,
			      uint32_t sector_bytes)
{
	uint64_t room_end_lba = table_room_end_lba(parts, target, end_lba);
	uint64_t old_end_lba = table_end_lba(target);
	uint64_t leave_sectors = produce_leave_sectors(request, sector_bytes);

	if (room_end_lba != end_lba || room_end_lba <= old_end_lba)
		return room_end_lba; /* another partition begins there; or there is none */
	return leave_sectors < room_end_lba - old_end_lba ? room_end_lba - leave_sectors
							  : old_end_lba;
}

static const struct producer {
	const struct table_ops *table;
	int (*produce)(const struct table_source *before, const struct table *table,
		       const struct write_request *request, struct write_set *ret_set);
} producers[] = {
	{ &table_mbr, produce_mbr },
	{ &table_gpt, produce_gpt },
	{ &table_whole, produce_whole },
};

static int make(const struct table_source *before, const struct write_request *request,
		struct write_set *ret_set)
{
	struct table table;
	enum table_answer answer = table_read(before, &table);

	if (answer == TABLE_DAMAGED && request->repairs_all)
		return produce_gpt_repaired(before, request, ret_set);
	if (answer != TABLE_GOOD)
		return -1;
	ret_set->table = table.ops;
	ret_set->sector_bytes = table.sector_bytes;
	for (size_t i = 0; i < sizeof(producers) / sizeof(producers[0]); i++)
		if (producers[i].table == table.ops)
			return producers[i].produce(before, &table, request, ret_set);
	return -1;
}

int write_set_make(const struct table_source *before, const struct write_request *request,
		   struct write_set *ret_set)
{
	*ret_set = (struct write_set){ 0 };
	if (make(before, request, ret_set) == 0)
		return 0;
	write_set_close(ret_set);
	return -1;
}

void write_set_close(struct write_set *set)
{
	free(set->memory);
	*set = (struct write_set){ 0 };
}

uint64_t write_set_target_at_bytes(const struct write_set *set)
{
	return set->target.start_lba * set->sector_bytes;
}

static bool is_number_right(const struct write_range *range, const uint8_t *bytes)
{
	uint64_t value = 0;

	for (uint64_t i = range->bytes; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value >= range->smallest && value <= range->largest;
}

/* Is it the address of that sector, where a track has so many sectors and a cylinder so many
 * heads? */
static bool is_chs_in(const uint8_t *bytes, uint64_t lba, unsigned heads, unsigned sectors)
{
	unsigned head = bytes[0], sector = bytes[1] & 63;
	unsigned cylinder = (unsigned)(bytes[1] >> 6) << 8 | bytes[2];
	uint64_t right = lba / sectors / heads;

	if (right > CYLINDER_MAX)
		return cylinder == CYLINDER_MAX && head == heads - 1 && sector == sectors;
	return cylinder == right && head == lba / sectors % heads && sector == lba % sectors + 1;
}

static bool is_chs_right(const struct write_range *range, const uint8_t *bytes)
{
	for (unsigned heads = 1; heads <= HEADS_MAX; heads++)
		for (unsigned sectors = 1; sectors <= SECTORS_MAX; sectors++)
			if (is_chs_in(bytes, range->largest, heads, sectors))
				return true;
	return false;
}

/* The range that has the byte at that place, or NULL. */
static const struct write_range *range_of(const struct write_set *set, uint64_t at)
{
	for (size_t i = 0; i < set->count; i++)
		if (at >= set->ranges[i].at && at - set->ranges[i].at < set->ranges[i].bytes)
			return &set->ranges[i];
	return NULL;
}

/* May the bytes of the whole range be these? */
static bool is_value_right(const struct write_range *range, const uint8_t *bytes)
{
	switch (range->kind) {
	case WRITE_ANYTHING:
		return true;
	case WRITE_NUMBER:
		return is_number_right(range, bytes);
	case WRITE_CHS:
		return is_chs_right(range, bytes);
	case WRITE_BYTES:
		return memcmp(bytes, range->data, range->bytes) == 0;
	case WRITE_ZEROS:
		break; /* each byte by itself */
	}
	return false;
}

/* How many bytes from there on are judged as one: to the end of the range, or of what no range
 * has. *ret_allowed: the verdict. */
static size_t judge_at(const struct write_set *set, uint64_t at, const uint8_t *after,
		       size_t size_bytes, size_t offset, bool *ret_allowed)
{
	const struct write_range *range = range_of(set, at + offset);
	uint64_t within, left;

	*ret_allowed = range && range->kind == WRITE_ZEROS && after[offset] == 0;
	if (!range || range->kind == WRITE_ZEROS)
		return 1;
	within = at + offset - range->at;
	left = range->bytes - within;
	/* A piece that begins or ends within a value cannot be judged: no caller has one. */
	*ret_allowed =
		range->kind == WRITE_ANYTHING || (within <= offset && left <= size_bytes - offset &&
						  is_value_right(range, after + (offset - within)));
	return left < size_bytes - offset ? (size_t)left : size_bytes - offset;
}

uint64_t write_set_judge(const struct write_set *set, uint64_t at, const uint8_t *before,
			 const uint8_t *after, size_t size_bytes, uint64_t *ret_first)
{
	uint64_t differing = 0;
	bool allowed = false;
	size_t end = 0; /* of what the verdict is for */

	for (size_t i = 0; i < size_bytes; i++) {
		if (before[i] == after[i])
			continue;
		if (i >= end)
			end = i + judge_at(set, at, after, size_bytes, i, &allowed);
		if (allowed)
			continue;
		if (differing == 0)
			*ret_first = at + i;
		differing++;
	}
	return differing;
}

bool write_set_next(const struct write_set *set, uint64_t *at, uint64_t end, uint64_t *ret_bytes)
{
	uint64_t from = *at, to = end;

	for (size_t i = 0; i < set->count; i++) {
		const struct write_range *range = &set->ranges[i];

		/* Smaller ranges lie within sectors that are compared as a whole; zeros are
		 * compared byte by byte. */
		if (range->bytes < TABLE_SECTOR_BYTES || range->kind == WRITE_ZEROS)
			continue;
		if (from >= range->at && from - range->at < range->bytes)
			from = range->at + range->bytes;
		else if (range->at > from && range->at < to)
			to = range->at;
	}
	*at = from;
	*ret_bytes = from < to ? to - from : 0;
	return from < to;
}

uint64_t write_set_within(const struct write_set *set, uint64_t at, uint64_t bytes)
{
	uint64_t within = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct write_range *range = &set->ranges[i];
		uint64_t from = range->at > at ? range->at : at;
		uint64_t to = range->at + range->bytes < at + bytes ? range->at + range->bytes
								    : at + bytes;

		if (from < to)
			within += to - from;
	}
	return within;
}
