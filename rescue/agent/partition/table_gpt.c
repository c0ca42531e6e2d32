/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk_bytes.h"
#include "fdisk.h"
#include "gpt_change.h"
#include "gpt_state.h"
#include "kind.h"
#include "table/gpt.h"
#include "table/gpt_text.h"

#include <string.h>

static int read_state(const struct disk *disk, bool may_repair, struct gpt_state *ret_state,
		      struct fault *fault)
{
	struct table_source source = disk_bytes_source(disk);
	struct gpt_wish wish = { .sectors_before = disk->size_before_bytes / disk->sector_bytes,
				 .may_repair = may_repair };

	return gpt_state_read(&source, disk->sector_bytes, &wish, ret_state, fault);
}

/* libfdisk reads the same, where it can: it does not when the primary is damaged. */
static int compare(const struct disk *disk, const struct partition_table *table,
		   struct fault *fault)
{
	cleanup_partition_table struct partition_table other = { 0 };
	bool differs;

	if (table->repairs & TABLE_REPAIR_PRIMARY_DAMAGED)
		return 0;
	if (fdisk_table_read(disk, table->label, &other, fault) < 0)
		return -1;
	differs = other.count != table->count || strcasecmp(other.disk_id, table->disk_id) != 0;
	for (size_t i = 0; i < table->count && !differs; i++) {
		const struct table_entry *ours = &table->entries[i], *theirs = &other.entries[i];

		differs = ours->part.number != theirs->part.number ||
			  ours->part.start_lba != theirs->part.start_lba ||
			  ours->part.size_sectors != theirs->part.size_sectors;
	}
	return differs ? fault_set(fault, REASON_TABLE_INVALID,
				   "libfdisk reads other partitions from the GPT than we do")
		       : 0;
}

static int read_table(const struct disk *disk, bool may_repair, struct partition_table *ret_table,
		      struct fault *fault)
{
	cleanup_gpt_state struct gpt_state state = { 0 };
	cleanup_partition_table struct partition_table table = { .label = "gpt" };
	const struct gpt_header *header = &state.primary.header;

	if (read_state(disk, may_repair, &state, fault) < 0)
		return -1;
	table.disk_sectors = disk->size_bytes / disk->sector_bytes;
	table.sector_bytes = disk->sector_bytes;
	table.tail_sectors = 1 + gpt_entries_sectors(header, disk->sector_bytes);
	table.grain_sectors = GPT_GRAIN_BYTES / disk->sector_bytes;
	table.repairs = state.repairs;
	table.is_stale = state.repairs != 0 || header->alternate_lba != table.disk_sectors - 1;
	gpt_text_guid(header->disk_guid, table.disk_id);
	if (table.tail_sectors >= table.disk_sectors)
		return fault_set(fault, REASON_TABLE_INVALID,
				 "the disk is too small for the entries of its GPT");
	if (gpt_state_entries(&state, &table.entries, &table.count, fault) < 0 ||
	    compare(disk, &table, fault) < 0)
		return -1;
	*ret_table = table;
	table.entries = NULL;
	return 0;
}

static int write_table(const struct disk *disk, const struct plan *plan, bool may_repair,
		       struct fault *fault)
{
	cleanup_gpt_state struct gpt_state state = { 0 };
	cleanup_gpt_change struct gpt_change change = { 0 };
	uint8_t first_sector[TABLE_SECTOR_BYTES];

	if (disk_bytes_read(disk, 0, first_sector, sizeof(first_sector), "the first sector",
			    fault) < 0 ||
	    read_state(disk, may_repair, &state, fault) < 0 ||
	    gpt_change_make(&state, first_sector, plan, &change, fault) < 0)
		return -1;
	for (size_t i = 0; i < change.count; i++)
		if (disk_bytes_write(disk, change.writes[i].at_bytes, change.writes[i].bytes,
				     change.writes[i].size_bytes, "the GPT", fault) < 0)
			return -1;
	return disk_bytes_flush(disk, fault) < 0 ? -1 : fdisk_table_verify(disk, fault);
}

const struct table_kind table_kind_gpt = { &table_gpt, read_table, write_table };
