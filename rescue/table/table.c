/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gpt.h"

#include <string.h>

enum table_answer table_read(const struct table_source *source, struct table *ret_table)
{
	static const struct {
		const struct table_ops *ops;
		uint32_t sector_bytes;
	} kinds[] = { { &table_gpt, 512 },
		      { &table_gpt, 4096 },
		      { &table_mbr, 512 },
		      { &table_whole, 512 } };
	enum table_answer answer = TABLE_NONE;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		enum table_answer this =
			kinds[i].ops->read(source, kinds[i].sector_bytes, &ret_table->parts);

		/* A disk that announces a GPT has no other table; which sectors it has, only a
		 * header tells. */
		if (this == TABLE_NONE || (this == TABLE_DAMAGED && i == 0)) {
			answer = this;
			continue;
		}
		ret_table->ops = kinds[i].ops;
		ret_table->sector_bytes = kinds[i].sector_bytes;
		return this;
	}
	return answer;
}

uint32_t table_sector_bytes(const struct table_source *source)
{
	cleanup_gpt_copy struct gpt_copy copy = { 0 };
	struct table table;
	uint32_t sector_bytes;

	switch (table_read(source, &table)) {
	case TABLE_GOOD:
	case TABLE_INVALID:
		return table.sector_bytes;
	case TABLE_DAMAGED:
		if (gpt_backup_read(source, source->size_bytes, &sector_bytes, &copy) == TABLE_GOOD)
			return sector_bytes;
		break;
	default:
		break;
	}
	return TABLE_SECTOR_BYTES;
}

static int read_memory(void *context, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	const struct table_memory *memory = context;

	if (at_bytes > memory->size_bytes || size_bytes > memory->size_bytes - at_bytes)
		return -1;
	memcpy(bytes, memory->bytes + at_bytes, size_bytes);
	return 0;
}

struct table_source table_source_memory(struct table_memory *memory)
{
	return (struct table_source){ .read = read_memory,
				      .context = memory,
				      .size_bytes = memory->size_bytes };
}

uint64_t table_begin_lba(const struct table_part *part)
{
	return part->container != 0 ? part->ebr_lba : part->start_lba;
}

uint64_t table_end_lba(const struct table_part *part)
{
	return part->start_lba + part->size_sectors;
}

uint64_t table_begin_behind_lba(const struct table_part *part, uint64_t lba)
{
	if (table_begin_lba(part) > lba)
		return table_begin_lba(part);
	return part->start_lba > lba ? part->start_lba : UINT64_MAX;
}

static bool has_sector(const struct table_part *part, uint64_t lba)
{
	return lba >= part->start_lba && lba < table_end_lba(part);
}

bool table_overlaps(const struct table_part *a, const struct table_part *b)
{
	if (a->container == b->number || b->container == a->number)
		return false;
	return (a->start_lba < table_end_lba(b) && b->start_lba < table_end_lba(a)) ||
	       (a->container != 0 && has_sector(b, a->ebr_lba)) ||
	       (b->container != 0 && has_sector(a, b->ebr_lba));
}

const struct table_part *table_choose(const struct table_parts *parts, unsigned number)
{
	const struct table_part *chosen = NULL;

	for (size_t i = 0; i < parts->count; i++) {
		const struct table_part *part = &parts->parts[i];

		if (number != 0 ? part->number == number
				: !part->is_container &&
					  (!chosen || part->start_lba > chosen->start_lba))
			chosen = part;
	}
	return chosen;
}

uint64_t table_room_end_lba(const struct table_parts *parts, const struct table_part *part,
			    uint64_t end_lba)
{
	uint64_t end = end_lba;

	for (size_t i = 0; i < parts->count; i++) {
		uint64_t begin_lba = table_begin_behind_lba(&parts->parts[i], part->start_lba);

		if (begin_lba < end)
			end = begin_lba;
	}
	return end;
}

uint64_t table_needs_sectors(const struct table_parts *parts)
{
	uint64_t end = 0;

	for (size_t i = 0; i < parts->count; i++)
		if (table_end_lba(&parts->parts[i]) > end)
			end = table_end_lba(&parts->parts[i]);
	return end;
}
