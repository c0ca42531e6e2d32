/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

uint64_t table_end_lba(const struct table_part *part)
{
	return part->start_lba + part->size_sectors;
}

const struct table_part *table_choose(const struct table_parts *parts, unsigned number)
{
	const struct table_part *chosen = NULL;

	for (size_t i = 0; i < parts->count; i++) {
		const struct table_part *part = &parts->parts[i];

		if (number != 0 ? part->number == number
				: !chosen || part->start_lba > chosen->start_lba)
			chosen = part;
	}
	return chosen;
}

uint64_t table_room_end_lba(const struct table_parts *parts, const struct table_part *part,
			    uint64_t disk_sectors)
{
	uint64_t end = disk_sectors;

	for (size_t i = 0; i < parts->count; i++) {
		const struct table_part *other = &parts->parts[i];

		if (other->start_lba > part->start_lba && other->start_lba < end)
			end = other->start_lba;
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
