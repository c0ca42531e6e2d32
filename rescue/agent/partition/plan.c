/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include "base/text.h"
#include "table/whole.h"

#include <inttypes.h>
#include <stdlib.h>

/* The backup of a GPT lies behind all partitions. */
static int refuse_tail(const struct partition_table *table, const struct table_entry *entry,
		       struct fault *fault)
{
	uint64_t least_sectors = table_end_lba(&entry->part) + table->tail_sectors;

	fault_set(fault, REASON_NO_ROOM_BEHIND,
		  "partition %u ends too near the end of the disk: there is no room for the backup "
		  "of the GPT",
		  entry->part.number);
	return fault_hint(fault, "ask for a larger disk: at least %" PRIu64 " bytes",
			  least_sectors * table->sector_bytes);
}

static int check_entry(const struct partition_table *table, const struct table_entry *entry,
		       struct fault *fault)
{
	const uint64_t disk_sectors = table->disk_sectors;

	if (entry->part.type == 0xee)
		return fault_set(fault, REASON_TABLE_INVALID,
				 "partition %u protects a GPT (type 0xee), but not from LBA 1 on",
				 entry->part.number);
	if (entry->part.size_sectors == 0 ||
	    (entry->part.start_lba == 0 && entry->part.number != WHOLE_NUMBER))
		return fault_set(fault, REASON_TABLE_INVALID,
				 "partition %u has no size, or begins on the table itself",
				 entry->part.number);
	if (table_end_lba(&entry->part) > disk_sectors)
		return fault_set(fault, REASON_TABLE_INVALID,
				 "partition %u ends at LBA %" PRIu64
				 ", after the end of the disk (%" PRIu64 " sectors)",
				 entry->part.number, table_end_lba(&entry->part) - 1, disk_sectors);
	if (table_end_lba(&entry->part) > disk_sectors - table->tail_sectors)
		return refuse_tail(table, entry, fault);
	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *other = &table->entries[i];

		if (other != entry && table_overlaps(&other->part, &entry->part))
			return fault_set(fault, REASON_TABLE_INVALID,
					 "partitions %u and %u overlap", entry->part.number,
					 other->part.number);
	}
	return 0;
}

int plan_check(const struct partition_table *table, struct fault *fault)
{
	if (table->count == 0)
		return fault_set(fault, REASON_TABLE_EMPTY, "the partition table has no partition");
	for (size_t i = 0; i < table->count; i++)
		if (check_entry(table, &table->entries[i], fault) < 0)
			return -1;
	return 0;
}

const struct table_entry *plan_choose(const struct partition_table *table, unsigned wanted)
{
	const struct table_entry *chosen = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];

		if (wanted != 0
			    ? entry->part.number == wanted
			    : !entry->part.is_container &&
				      (!chosen || entry->part.start_lba > chosen->part.start_lba))
			chosen = entry;
	}
	return chosen;
}

static const struct table_entry *next_after(const struct partition_table *table,
					    const struct table_entry *target)
{
	const uint64_t start_lba = target->part.start_lba;
	const struct table_entry *next = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];
		const uint64_t begin_lba = table_begin_behind_lba(&entry->part, start_lba);

		if (begin_lba != UINT64_MAX &&
		    (!next || begin_lba < table_begin_behind_lba(&next->part, start_lba)))
			next = entry;
	}
	return next;
}

static int refuse_wanted(const struct table_entry *target, unsigned wanted, struct fault *fault)
{
	if (wanted == 0)
		return fault_set(fault, REASON_TABLE_EMPTY,
				 "the partition table has only an extended partition, with no "
				 "logical partition in it");
	if (!target)
		return fault_set(fault, REASON_NO_SUCH_PARTITION, "there is no partition %u",
				 wanted);
	fault_set(fault, REASON_NO_SUCH_PARTITION,
		  "partition %u is an extended partition, which holds no data of its own", wanted);
	return fault_hint(fault, "choose a logical partition in it: it grows with the last one");
}

uint64_t plan_size_in(uint64_t room_sectors, uint64_t grain_sectors, uint64_t size_sectors)
{
	uint64_t rounded = room_sectors - room_sectors % grain_sectors;

	return rounded > size_sectors ? rounded : size_sectors;
}

/* Where the room of the target ends: at the next one, or before what stays free. */
static uint64_t room_end(const struct partition_table *table, const struct table_entry *target,
			 const struct table_entry *next)
{
	const uint64_t end = table->disk_sectors - table->tail_sectors;
	const uint64_t room_sectors = end - target->part.start_lba;

	if (next)
		return table_begin_behind_lba(&next->part, target->part.start_lba);
	return end - (table->leave_sectors < room_sectors ? table->leave_sectors : room_sectors);
}

int plan_partition(const struct partition_table *table, unsigned wanted, struct plan *ret_plan,
		   struct fault *fault)
{
	const struct table_entry *target, *next;

	if (plan_check(table, fault) < 0)
		return -1;
	target = plan_choose(table, wanted);
	if (!target || target->part.is_container)
		return refuse_wanted(target, wanted, fault);
	next = next_after(table, target);
	*ret_plan = (struct plan){
		.number = target->part.number,
		.start_lba = target->part.start_lba,
		.sectors_before = target->part.size_sectors,
		.sectors_after =
			plan_size_in(room_end(table, target, next) - target->part.start_lba,
				     table->grain_sectors, target->part.size_sectors),
		.sector_bytes = table->sector_bytes,
		.next_number = next ? next->part.number : 0,
		.disk_sectors = table->disk_sectors,
		.tail_sectors = table->tail_sectors,
		.leave_sectors = table->leave_sectors,
		.grain_sectors = table->grain_sectors,
		.sectors_max = table->sectors_max,
		.is_stale = table->is_stale,
	};
	return 0;
}

void plan_set_grain(struct plan *plan, uint64_t grain_bytes)
{
	uint64_t grain_sectors = grain_bytes / plan->sector_bytes;

	if (grain_sectors <= plan->grain_sectors)
		return; /* both are powers of two */
	plan->grain_sectors = grain_sectors;
	plan->sectors_after =
		plan_size_in(plan->sectors_after, grain_sectors, plan->sectors_before);
}

uint64_t plan_end_bytes(const struct plan *plan)
{
	return (plan->start_lba + plan->sectors_after) * plan->sector_bytes;
}

struct limit plan_limit(const struct plan *plan)
{
	if (plan->next_number != 0)
		return (struct limit){ REASON_NO_ROOM_BEHIND, plan_end_bytes(plan) };
	if (plan->sectors_max == 0)
		return (struct limit){ REASON_NONE, UINT64_MAX };
	return (struct limit){ REASON_MBR_2TIB,
			       (plan->sectors_max + plan->leave_sectors) * plan->sector_bytes };
}

struct limit plan_limit_of_disk(const struct plan *plan, struct limit end)
{
	const uint64_t start_bytes = plan->start_lba * plan->sector_bytes;
	const uint64_t grain_bytes = plan->grain_sectors * plan->sector_bytes;
	uint64_t room_bytes = end.largest_disk_bytes - start_bytes, most_bytes;

	if (plan->next_number != 0)
		return end;
	/* One sector less than one grain more is rounded down to the same size. */
	room_bytes -= room_bytes % grain_bytes;
	most_bytes = room_bytes + grain_bytes - plan->sector_bytes + start_bytes +
		     (plan->move.block_sectors + plan->tail_sectors + plan->leave_sectors) *
			     plan->sector_bytes;
	return (struct limit){ end.reason, most_bytes };
}

bool plan_is_within(const struct plan *plan, const struct limit *limit)
{
	/* A partition behind the target bounds it, whatever the size of the disk. */
	uint64_t needed_bytes = plan->next_number != 0 ? plan_end_bytes(plan)
						       : plan->disk_sectors * plan->sector_bytes;

	return needed_bytes <= limit->largest_disk_bytes;
}

int plan_refuse(const struct plan *plan, struct fault *fault)
{
	char largest[TEXT_SIZE_CHARS];

	return fault_set(fault, REASON_MBR_2TIB,
			 "an MBR partition table cannot reach beyond %s, and the disk has %" PRIu64
			 " bytes",
			 text_of_size(largest, MBR_SECTORS_MAX * plan->sector_bytes),
			 plan->disk_sectors * plan->sector_bytes);
}

bool partition_table_is_whole(const struct partition_table *table)
{
	return table->count == 1 && table->entries[0].part.number == WHOLE_NUMBER;
}

void partition_table_free(struct partition_table *table)
{
	free(table->entries);
	*table = (struct partition_table){ 0 };
}
