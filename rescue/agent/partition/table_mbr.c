/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chs.h"
#include "disk_bytes.h"
#include "fdisk.h"
#include "kind.h"
#include "table/bytes.h"
#include "table/mbr.h"

#include <string.h>

static bool is_announced(const uint8_t *first_sector)
{
	(void)first_sector;
	return true;
}

static int read_sector0(const struct disk *disk, uint8_t *bytes, struct fault *fault)
{
	return disk_bytes_read(disk, 0, bytes, TABLE_SECTOR_BYTES, "the first sector", fault);
}

static int write_sector0(const struct disk *disk, const uint8_t *bytes, struct fault *fault)
{
	return disk_bytes_write(disk, 0, bytes, TABLE_SECTOR_BYTES, "the first sector", fault) < 0
		       ? -1
		       : disk_bytes_flush(disk, fault);
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

static int read_table(const struct disk *disk, bool may_repair, struct partition_table *ret_table,
		      struct fault *fault)
{
	struct partition_table table;

	(void)may_repair;
	if (fdisk_table_read(disk, "dos", MBR_ENTRIES, &table, fault) < 0)
		return -1;
	if (check_boot_flags(disk, fault) < 0) {
		partition_table_free(&table);
		return -1;
	}
	table.disk_sectors = disk->size_bytes / disk->sector_bytes;
	table.sector_bytes = disk->sector_bytes;
	table.grain_sectors = 1;
	table.sectors_max = MBR_SECTORS_MAX;
	*ret_table = table;
	return 0;
}

/* Everything in the first sector that must stay: all of it but the entry's
 * CHS addresses (bytes 1-3 and 5-7) and size (bytes 12-15). */
static bool only_size_differs(const uint8_t *before, const uint8_t *after, unsigned number)
{
	const size_t entry = MBR_ENTRIES_AT + MBR_ENTRY_BYTES * (number - 1);

	for (size_t i = 0; i < TABLE_SECTOR_BYTES; i++) {
		size_t field = i - entry;
		bool may_differ = i >= entry && field < MBR_ENTRY_BYTES &&
				  ((field >= MBR_START_CHS_AT && field < MBR_TYPE_AT) ||
				   (field >= MBR_END_CHS_AT && field < MBR_START_LBA_AT) ||
				   field >= MBR_SECTORS_AT);

		if (before[i] != after[i] && !may_differ)
			return false;
	}
	return true;
}

/* libfdisk writes both CHS addresses in a geometry that the kernel makes up for this
 * disk. Put back the start, which has not moved, and keep the manner of the end. */
static void set_chs(const uint8_t *before, uint8_t *after, const struct plan *plan)
{
	struct chs_entry entries[CHS_ENTRIES];
	uint8_t *target = after + MBR_ENTRIES_AT + MBR_ENTRY_BYTES * (plan->number - 1);

	for (size_t i = 0; i < CHS_ENTRIES; i++) {
		const uint8_t *entry = before + MBR_ENTRIES_AT + MBR_ENTRY_BYTES * i;

		memcpy(entries[i].start, entry + MBR_START_CHS_AT, CHS_BYTES);
		memcpy(entries[i].end, entry + MBR_END_CHS_AT, CHS_BYTES);
		entries[i].start_lba = le32_at(entry + MBR_START_LBA_AT);
		entries[i].sectors = le32_at(entry + MBR_SECTORS_AT);
	}
	memcpy(target + MBR_START_CHS_AT, entries[plan->number - 1].start, CHS_BYTES);
	chs_end(entries, plan->number - 1, plan->sectors_after, target + MBR_END_CHS_AT);
}

static int write_table(const struct disk *disk, const struct plan *plan, bool may_repair,
		       struct fault *fault)
{
	uint8_t before[TABLE_SECTOR_BYTES], after[TABLE_SECTOR_BYTES];

	(void)may_repair;
	if (read_sector0(disk, before, fault) < 0 || fdisk_table_resize(disk, plan, fault) < 0 ||
	    read_sector0(disk, after, fault) < 0)
		return -1;
	if (!only_size_differs(before, after, plan->number)) {
		if (write_sector0(disk, before, fault) < 0)
			return -1;
		return fault_set(fault, REASON_INTERNAL,
				 "writing the table changed more than one size; it was put back");
	}
	set_chs(before, after, plan);
	return write_sector0(disk, after, fault);
}

const struct table_kind table_kind_mbr = { is_announced, read_table, write_table };
