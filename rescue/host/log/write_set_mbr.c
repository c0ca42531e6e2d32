/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "produce.h"

#include "table/mbr.h"

/* What lies in two partitions is not the target's alone. */
static bool overlaps(const struct table_parts *parts, const struct table_part *target)
{
	for (size_t i = 0; i < parts->count; i++) {
		const struct table_part *other = &parts->parts[i];

		if (other->number != target->number && table_overlaps(other, target))
			return true;
	}
	return false;
}

/* Of the target's entry, the end CHS and the number of sectors; and the target itself up to
 * where its room ends. */
int produce_mbr(const struct table_source *before, const struct table *table,
		const struct write_request *request, struct write_set *ret_set)
{
	const struct table_parts *parts = &table->parts;
	const struct table_part *target = table_choose(parts, request->partition);
	uint64_t entry_at, room_sectors;

	(void)before;
	if (!target)
		return -1;
	ret_set->target = *target;
	ret_set->target_end_lba =
		table_room_end_lba(parts, target, request->size_after_bytes / TABLE_SECTOR_BYTES);
	if (ret_set->target_end_lba < table_end_lba(target) || overlaps(parts, target))
		return -1; /* or it ends behind the disk */
	room_sectors = ret_set->target_end_lba - target->start_lba;
	entry_at = MBR_ENTRIES_AT + (target->number - 1) * MBR_ENTRY_BYTES;
	produce_range(ret_set, (struct write_range){ .at = entry_at + MBR_END_CHS_AT,
						     .bytes = 3,
						     .kind = WRITE_CHS,
						     .largest = ret_set->target_end_lba - 1 });
	produce_range(ret_set, (struct write_range){ .at = entry_at + MBR_SECTORS_AT,
						     .bytes = 4,
						     .kind = WRITE_NUMBER,
						     .smallest = target->size_sectors,
						     .largest = room_sectors });
	produce_range(ret_set, (struct write_range){ .at = target->start_lba * TABLE_SECTOR_BYTES,
						     .bytes = room_sectors * TABLE_SECTOR_BYTES,
						     .kind = WRITE_ANYTHING });
	return 0;
}
