/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "produce.h"

#include "table/mbr.h"

#include <stdlib.h>

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

/* Of the entry of what moves, both addresses and the start. */
static void add_moved_entry(struct write_set *set, const struct produce_move *move)
{
	const struct table_part *block = move->container ? move->container : move->part;
	uint64_t to_lba = move->from_lba + move->shift_sectors;

	produce_range(set, (struct write_range){ .at = block->entry_at_bytes + MBR_START_CHS_AT,
						 .bytes = 3,
						 .kind = WRITE_CHS,
						 .largest = to_lba });
	produce_range(set, (struct write_range){ .at = block->entry_at_bytes + MBR_END_CHS_AT,
						 .bytes = 3,
						 .kind = WRITE_CHS,
						 .largest = to_lba + block->size_sectors - 1 });
	produce_range(set, (struct write_range){ .at = block->entry_at_bytes + MBR_START_LBA_AT,
						 .bytes = 4,
						 .kind = WRITE_NUMBER,
						 .smallest = to_lba,
						 .largest = to_lba });
}

/* All in the first sector, by place; or in the record of a logical target, and its container. */
static void add_entries(struct write_set *set, const struct table_part *target,
			const struct table_part *container, const struct produce_move *move,
			uint64_t end_lba)
{
	const struct table_part *block = move->container ? move->container : move->part;

	if (block && block->entry_at_bytes < target->entry_at_bytes)
		add_moved_entry(set, move);
	if (container && table_end_lba(container) < end_lba)
		add_entry(set, container, end_lba);
	add_entry(set, target, end_lba);
	if (block && block->entry_at_bytes > target->entry_at_bytes)
		add_moved_entry(set, move);
}

/* The swap that is moved, on a disk whose partitions may end there. A logical target grows with
 * its own container, and nothing behind that moves. */
static int find_move(const struct table_source *before, const struct table_parts *parts,
		     const struct write_request *request, struct write_set *set,
		     struct produce_move *ret_move)
{
	const struct table_part *target =
		produce_target(before, parts, request, TABLE_SECTOR_BYTES);
	uint64_t end_lba = request->size_after_bytes / TABLE_SECTOR_BYTES;
	uint64_t leave_sectors = produce_leave_sectors(request, TABLE_SECTOR_BYTES);

	*ret_move = (struct produce_move){ 0 };
	if (!request->move_swap || request->partition_only || target->container != 0 ||
	    leave_sectors > end_lba)
		return 0;
	produce_find_move(before, parts, target, end_lba - leave_sectors, TABLE_SECTOR_BYTES,
			  ret_move);
	if (!ret_move->part)
		return 0;
	set->memory = calloc(1, PRODUCE_MOVED_BYTES);
	return set->memory ? 0 : -1;
}

/* The target's entry, and the one of the container that it is in, if that has to grow as well; and
 * the target itself up to where its room ends. Boot records lie before what they tell of. */
int produce_mbr(const struct table_source *before, const struct table *table,
		const struct write_request *request, struct write_set *ret_set)
{
	const struct table_parts *parts = &table->parts;
	const struct table_part *target =
		produce_target(before, parts, request, TABLE_SECTOR_BYTES);
	struct produce_move move;
	uint8_t *free_at;
	uint64_t end_lba;

	if (!target || target->is_container ||
	    find_move(before, parts, request, ret_set, &move) < 0)
		return -1;
	end_lba =
		produce_room_end_lba(parts, target, request->size_after_bytes / TABLE_SECTOR_BYTES,
				     request, TABLE_SECTOR_BYTES);
	if (move.part)
		end_lba = move.from_lba + move.shift_sectors;
	if (end_lba < table_end_lba(target) || overlaps(parts, target))
		return -1; /* or it ends behind the disk */
	ret_set->target = *target;
	ret_set->target_end_lba = end_lba;
	add_entries(ret_set, target,
		    target->container ? table_choose(parts, target->container) : NULL, &move,
		    end_lba);
	if (request->partition_only)
		return 0;
	produce_range(ret_set, (struct write_range){ .at = target->start_lba * TABLE_SECTOR_BYTES,
						     .bytes = (end_lba - target->start_lba) *
							      TABLE_SECTOR_BYTES,
						     .kind = WRITE_ANYTHING });
	free_at = ret_set->memory;
	return produce_add_moved(before, &move, TABLE_SECTOR_BYTES, ret_set, &free_at);
}
