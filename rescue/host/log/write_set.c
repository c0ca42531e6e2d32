/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "write_set.h"

#include "table/mbr.h"

#define CYLINDER_MAX 1023
#define HEADS_MAX    256
#define SECTORS_MAX  63

static void add(struct write_set *set, struct write_range range)
{
	set->ranges[set->count++] = range;
}

/* What lies in two partitions is not the target's alone. */
static bool overlaps(const struct table_parts *parts, const struct table_part *target)
{
	for (size_t i = 0; i < parts->count; i++) {
		const struct table_part *other = &parts->parts[i];

		if (other->number != target->number && other->start_lba < table_end_lba(target) &&
		    target->start_lba < table_end_lba(other))
			return true;
	}
	return false;
}

/* Of the target's entry, the end CHS and the number of sectors; and the target itself up to
 * where its room ends. */
static int make_for_mbr(const uint8_t *first_sector, uint64_t size_after_bytes, unsigned number,
			struct write_set *ret_set)
{
	struct table_parts parts;
	const struct table_part *target;
	struct write_set set = { 0 };
	uint64_t entry_at, room_sectors;

	if (table_mbr.read(first_sector, &parts) < 0)
		return -1;
	target = table_choose(&parts, number);
	if (!target)
		return -1;
	set.target = *target;
	set.target_end_lba =
		table_room_end_lba(&parts, target, size_after_bytes / TABLE_SECTOR_BYTES);
	if (set.target_end_lba < table_end_lba(target) || overlaps(&parts, target))
		return -1; /* or it ends behind the disk */
	room_sectors = set.target_end_lba - target->start_lba;
	entry_at = MBR_ENTRIES_AT + (target->number - 1) * MBR_ENTRY_BYTES;
	add(&set, (struct write_range){ .at = entry_at + MBR_END_CHS_AT,
					.bytes = 3,
					.kind = WRITE_CHS,
					.largest = set.target_end_lba - 1 });
	add(&set, (struct write_range){ .at = entry_at + MBR_SECTORS_AT,
					.bytes = 4,
					.kind = WRITE_NUMBER,
					.smallest = target->size_sectors,
					.largest = room_sectors });
	add(&set, (struct write_range){ .at = target->start_lba * TABLE_SECTOR_BYTES,
					.bytes = room_sectors * TABLE_SECTOR_BYTES,
					.kind = WRITE_ANYTHING });
	*ret_set = set;
	return 0;
}

static int (*const producers[])(const uint8_t *first_sector, uint64_t size_after_bytes,
				unsigned number, struct write_set *ret_set) = { make_for_mbr };

int write_set_make(const uint8_t first_sector[TABLE_SECTOR_BYTES], uint64_t size_after_bytes,
		   unsigned number, struct write_set *ret_set)
{
	for (size_t i = 0; i < sizeof(producers) / sizeof(producers[0]); i++)
		if (producers[i](first_sector, size_after_bytes, number, ret_set) == 0)
			return 0;
	return -1;
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

static bool is_allowed(const struct write_set *set, uint64_t at, const uint8_t *after,
		       size_t size_bytes, size_t offset)
{
	const struct write_range *range = range_of(set, at + offset);
	uint64_t within;

	if (!range)
		return false;
	if (range->kind == WRITE_ANYTHING)
		return true;
	within = at + offset - range->at;
	/* A piece that begins or ends within a number cannot be judged: no caller has one. */
	if (within > offset || range->bytes > size_bytes - (offset - within))
		return false;
	after += offset - within;
	return range->kind == WRITE_CHS ? is_chs_right(range, after)
					: is_number_right(range, after);
}

uint64_t write_set_judge(const struct write_set *set, uint64_t at, const uint8_t *before,
			 const uint8_t *after, size_t size_bytes, uint64_t *ret_first)
{
	uint64_t differing = 0;

	for (size_t i = 0; i < size_bytes; i++) {
		if (before[i] == after[i] || is_allowed(set, at, after, size_bytes, i))
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

		/* Smaller ranges lie within sectors that are compared as a whole. */
		if (range->kind != WRITE_ANYTHING || range->bytes < TABLE_SECTOR_BYTES)
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
