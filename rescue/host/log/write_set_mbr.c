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

/* Of an entry, the end CHS and the number of sectors. */
static void add_entry(struct write_set *set, const struct table_part *part, uint64_t end_lba)
{
	produce_range(set, (struct write_range){ .at = part->entry_at_bytes + MBR_END_CHS_AT,
						 .bytes = 3,
						 .kind = WRITE_CHS,
						 .largest = end_lba - 1 });
	produce_range(set, (struct write_range){ .at = part->entry_at_bytes + MBR_SECTORS_AT,
						 .bytes = 4,
						 .kind = WRITE_NUMBER,
						 .smallest = part->size_sectors,
						 .largest = end_lba - part->start_lba });
}

/* The target's entry, and the one of the container that it is in, if that has to grow as well; and
 * the target itself up to where its room ends. Boot records lie before what they tell of. */
int produce_mbr(const struct table_source *before, const struct table *table,
		const struct write_request *request, struct write_set *ret_set)
{
	const struct table_parts *parts = &table->parts;
	const struct table_part *target = produce_target(parts, request), *container;
	uint64_t end_lba;

	(void)before;
	if (!target || target->is_container)
		return -1;
	end_lba =
		produce_room_end_lba(parts, target, request->size_after_bytes / TABLE_SECTOR_BYTES,
				     request, TABLE_SECTOR_BYTES);
	if (end_lba < table_end_lba(target) || overlaps(parts, target))
		return -1; /* or it ends behind the disk */
	ret_set->target = *target;
	ret_set->target_end_lba = end_lba;
	container = target->container ? table_choose(parts, target->container) : NULL;
	if (container && table_end_lba(container) < end_lba)
		add_entry(ret_set, container, end_lba);
	add_entry(ret_set, target, end_lba);
	if (request->partition_only)
		return 0;
	produce_range(ret_set, (struct write_range){ .at = target->start_lba * TABLE_SECTOR_BYTES,
						     .bytes = (end_lba - target->start_lba) *
							      TABLE_SECTOR_BYTES,
						     .kind = WRITE_ANYTHING });
	return 0;
}
