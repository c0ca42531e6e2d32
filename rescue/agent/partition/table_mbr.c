/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "chs.h"
#include "disk_bytes.h"
#include "fdisk.h"
#include "kind.h"
#include "table/mbr.h"

#include <string.h>

static int read_sector0(const struct disk *disk, uint8_t *bytes, struct fault *fault)
{
	return disk_bytes_read(disk, 0, bytes, TABLE_SECTOR_BYTES, "the first sector", fault);
}

/* Linux takes no table with other flags for one (block/partitions/msdos.c), so
 * the guest would wait for partitions in vain. */
static int check_boot_flags(const struct disk *disk, struct fault *fault)
{
	uint8_t bytes[TABLE_SECTOR_BYTES];

	if (read_sector0(disk, bytes, fault) < 0)
		return -1;
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		unsigned flag = bytes[MBR_ENTRIES_AT + MBR_ENTRY_BYTES * i];

		if (flag != 0x00 && flag != 0x80)
			return fault_set(
				fault, REASON_TABLE_INVALID,
				"the boot flag of partition %u is 0x%02x, neither 0 nor 0x80",
				i + 1, flag);
	}
	return 0;
}

/* The chain as this project understands it, and the fence of the host: what libfdisk
 * overlooks, or mends, is not taken. */
static int refuse_chain(enum table_answer answer, struct fault *fault)
{
	fault_set(fault, REASON_TABLE_INVALID,
		  answer == TABLE_DAMAGED ? "the chain of logical partitions is broken"
					  : "the chain of logical partitions is invalid");
	return fault_hint(fault, "examine it with sfdisk --dump, which changes nothing");
}

static bool has_container(const struct partition_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (mbr_is_container(table->entries[i].part.type))
			return true;
	return false;
}

/* Where the records of the logical partitions lie. */
static int add_chain(const struct disk *disk, struct partition_table *table, struct fault *fault)
{
	struct table_source source = disk_bytes_source(disk);
	struct table_parts parts;
	enum table_answer answer;

	if (!has_container(table))
		return 0;
	answer = table_mbr.read(&source, TABLE_SECTOR_BYTES, &parts);
	if (answer != TABLE_GOOD || parts.count != table->count)
		return refuse_chain(answer, fault);
	for (size_t i = 0; i < table->count; i++) {
		struct table_part *ours = &table->entries[i].part;
		const struct table_part *part = &parts.parts[i];

		if (ours->number != part->number || ours->start_lba != part->start_lba ||
		    ours->size_sectors != part->size_sectors)
			return refuse_chain(TABLE_INVALID, fault);
		*ours = *part;
	}
	return 0;
}

static int read_table(const struct disk *disk, bool may_repair, struct partition_table *ret_table,
		      struct fault *fault)
{
	cleanup_partition_table struct partition_table table = { 0 };

	(void)may_repair;
	if (fdisk_table_read(disk, "dos", &table, fault) < 0 || check_boot_flags(disk, fault) < 0 ||
	    add_chain(disk, &table, fault) < 0)
		return -1;
	table.disk_sectors = disk->size_bytes / disk->sector_bytes;
	table.sector_bytes = disk->sector_bytes;
	table.grain_sectors = 1;
	table.sectors_max = MBR_SECTORS_MAX;
	*ret_table = table;
	table.entries = NULL;
	return 0;
}

/* The four entries, for the manner of CHS addresses. */
static void read_chs(const uint8_t *sector, struct chs_entry entries[static CHS_ENTRIES])
{
	for (size_t i = 0; i < CHS_ENTRIES; i++) {
		const uint8_t *entry = sector + MBR_ENTRIES_AT + MBR_ENTRY_BYTES * i;

		memcpy(entries[i].start, entry + MBR_START_CHS_AT, CHS_BYTES);
		memcpy(entries[i].end, entry + MBR_END_CHS_AT, CHS_BYTES);
		entries[i].start_lba = le32_at(entry + MBR_START_LBA_AT);
		entries[i].sectors = le32_at(entry + MBR_SECTORS_AT);
	}
}

/* The entry of that part, in the sector that holds it, gets a new size. For the CHS manner a
 * logical partition stands among the primary ones in the place of its container: its addresses
 * count from the start of the disk, its start LBA does not. */
static int write_entry(const struct disk *disk, const struct table_part *part,
		       const uint8_t *first_sector, uint64_t size_sectors, struct fault *fault)
{
	unsigned slot = (part->container ? part->container : part->number) - 1;
	uint64_t sector_at = part->ebr_lba * TABLE_SECTOR_BYTES;
	struct chs_entry entries[CHS_ENTRIES];
	uint8_t sector[TABLE_SECTOR_BYTES], *entry;

	if (disk_bytes_read(disk, sector_at, sector, sizeof(sector), "a boot record", fault) < 0)
		return -1;
	entry = sector + (part->entry_at_bytes - sector_at);
	read_chs(first_sector, entries);
	memcpy(entries[slot].start, entry + MBR_START_CHS_AT, CHS_BYTES);
	memcpy(entries[slot].end, entry + MBR_END_CHS_AT, CHS_BYTES);
	entries[slot].start_lba = part->start_lba;
	entries[slot].sectors = part->size_sectors;
	chs_end(entries, slot, size_sectors, entry + MBR_END_CHS_AT);
	set_le32(entry + MBR_SECTORS_AT, (uint32_t)size_sectors);
	return disk_bytes_write(disk, sector_at, sector, sizeof(sector), "a boot record", fault);
}

/* The entry of what moves, in the first sector. The record of a container moves with it, as it
 * is: its numbers count from itself. */
static int write_moved(const struct disk *disk, const struct plan_move *move,
		       const uint8_t *first_sector, struct fault *fault)
{
	const unsigned slot = (move->container ? move->container : move->number) - 1;
	const uint64_t to_lba = move->block_from_lba + move->shift_sectors;
	uint8_t sector[TABLE_SECTOR_BYTES], *entry;
	struct chs_entry entries[CHS_ENTRIES];

	if (move->container &&
	    (disk_bytes_read(disk, move->block_from_lba * TABLE_SECTOR_BYTES, sector,
			     sizeof(sector), "a boot record", fault) < 0 ||
	     disk_bytes_write(disk, to_lba * TABLE_SECTOR_BYTES, sector, sizeof(sector),
			      "a boot record", fault) < 0))
		return -1;
	if (read_sector0(disk, sector, fault) < 0)
		return -1;
	entry = sector + MBR_ENTRIES_AT + (size_t)slot * MBR_ENTRY_BYTES;
	read_chs(first_sector, entries);
	chs_start(entries, slot, to_lba, entry + MBR_START_CHS_AT);
	chs_end(entries, slot, move->shift_sectors + move->block_sectors, entry + MBR_END_CHS_AT);
	set_le32(entry + MBR_START_LBA_AT, (uint32_t)to_lba);
	return disk_bytes_write(disk, 0, sector, sizeof(sector), "the first sector", fault);
}

static int write_table(const struct disk *disk, const struct plan *plan, bool may_repair,
		       struct fault *fault)
{
	struct table_source source = disk_bytes_source(disk);
	uint64_t end_lba = plan->start_lba + plan->sectors_after;
	const struct table_part *target, *container;
	uint8_t first_sector[TABLE_SECTOR_BYTES];
	struct table_parts parts;

	(void)may_repair;
	if (read_sector0(disk, first_sector, fault) < 0)
		return -1;
	if (table_mbr.read(&source, TABLE_SECTOR_BYTES, &parts) != TABLE_GOOD ||
	    !(target = table_choose(&parts, plan->number)))
		return fault_set(fault, REASON_INTERNAL, "the partition table is gone");
	container = target->container ? table_choose(&parts, target->container) : NULL;
	if (container && table_end_lba(container) < end_lba &&
	    write_entry(disk, container, first_sector, end_lba - container->start_lba, fault) < 0)
		return -1;
	if (write_entry(disk, target, first_sector, plan->sectors_after, fault) < 0 ||
	    (plan_moves(plan) && write_moved(disk, &plan->move, first_sector, fault) < 0))
		return -1;
	return disk_bytes_flush(disk, fault);
}

const struct table_kind table_kind_mbr = { &table_mbr, read_table, write_table };
