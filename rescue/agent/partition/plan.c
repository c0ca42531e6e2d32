/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include "base/text.h"

#include <inttypes.h>

/* The three types that hold logical partitions: CHS, LBA, Linux. */
static bool is_extended(unsigned type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static uint64_t end_of(const struct table_entry *entry)
{
	return entry->start_lba + entry->size_sectors;
}

static int refuse_extended(const struct table *table, const struct table_entry *entry,
			   struct fault *fault)
{
	if (table->logical_count == 0)
		fault_set(fault, REASON_EXTENDED_PRESENT,
			  "partition %u is an extended partition (type 0x%02x) with no logical "
			  "partition",
			  entry->number, entry->type);
	else
		fault_set(fault, REASON_EXTENDED_PRESENT,
			  "partition %u is an extended partition (type 0x%02x) with %zu logical "
			  "partition%s",
			  entry->number, entry->type, table->logical_count,
			  table->logical_count == 1 ? "" : "s");
	return fault_hint(fault, "disks with an extended partition cannot be grown yet");
}

static int check_entry(const struct table *table, const struct table_entry *entry,
		       uint64_t disk_sectors, struct fault *fault)
{
	if (is_extended(entry->type))
		return refuse_extended(table, entry, fault);
	if (entry->type == 0xee) {
		fault_set(fault, REASON_TABLE_NOT_MBR,
			  "partition %u protects a GPT, whose own header is damaged or missing",
			  entry->number);
		return fault_hint(fault,
				  "gdisk -l shows whether the backup GPT is whole, and changes "
				  "nothing; restore the GPT from it, on a copy of the disk");
	}
	if (entry->size_sectors == 0 || entry->start_lba == 0)
		return fault_set(fault, REASON_TABLE_INVALID,
				 "partition %u has no size, or begins on the table itself",
				 entry->number);
	if (end_of(entry) > disk_sectors)
		return fault_set(fault, REASON_TABLE_INVALID,
				 "partition %u ends at LBA %" PRIu64
				 ", after the end of the disk (%" PRIu64 " sectors)",
				 entry->number, end_of(entry) - 1, disk_sectors);
	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *other = &table->entries[i];

		if (other != entry && other->start_lba < end_of(entry) &&
		    entry->start_lba < end_of(other))
			return fault_set(fault, REASON_TABLE_INVALID,
					 "partitions %u and %u overlap", entry->number,
					 other->number);
	}
	return 0;
}

static const struct table_entry *choose(const struct table *table, unsigned wanted)
{
	const struct table_entry *chosen = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];

		if (wanted != 0 ? entry->number == wanted
				: !chosen || entry->start_lba > chosen->start_lba)
			chosen = entry;
	}
	return chosen;
}

static const struct table_entry *next_after(const struct table *table,
					    const struct table_entry *target)
{
	const struct table_entry *next = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];

		if (entry->start_lba > target->start_lba &&
		    (!next || entry->start_lba < next->start_lba))
			next = entry;
	}
	return next;
}

int plan_partition(const struct table *table, uint64_t disk_sectors, uint32_t sector_bytes,
		   unsigned wanted, struct plan *ret_plan, struct fault *fault)
{
	const struct table_entry *target, *next;

	if (table->count == 0)
		return fault_set(fault, REASON_TABLE_EMPTY, "the partition table has no partition");
	for (size_t i = 0; i < table->count; i++)
		if (check_entry(table, &table->entries[i], disk_sectors, fault) < 0)
			return -1;
	target = choose(table, wanted);
	if (!target)
		return fault_set(fault, REASON_NO_SUCH_PARTITION, "there is no partition %u",
				 wanted);
	next = next_after(table, target);
	*ret_plan = (struct plan){
		.number = target->number,
		.start_lba = target->start_lba,
		.sectors_before = target->size_sectors,
		.sectors_after = (next ? next->start_lba : disk_sectors) - target->start_lba,
		.sector_bytes = sector_bytes,
		.next_number = next ? next->number : 0,
	};
	return 0;
}

uint64_t plan_end_bytes(const struct plan *plan)
{
	return (plan->start_lba + plan->sectors_after) * plan->sector_bytes;
}

struct limit plan_limit(const struct plan *plan)
{
	if (plan->next_number != 0)
		return (struct limit){ REASON_NO_ROOM_BEHIND, plan_end_bytes(plan) };
	return (struct limit){ REASON_MBR_2TIB, MBR_SECTORS_MAX * plan->sector_bytes };
}

int plan_refuse(const struct plan *plan, struct fault *fault)
{
	char largest[TEXT_SIZE_CHARS];

	return fault_set(
		fault, REASON_MBR_2TIB,
		"an MBR partition table cannot reach beyond %s, and the disk has %" PRIu64 " bytes",
		text_of_size(largest, MBR_SECTORS_MAX * plan->sector_bytes), plan_end_bytes(plan));
}
