/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gpt_change.h"

#include "base/bytes.h"
#include "table/mbr.h"

#include <stdlib.h>
#include <string.h>

/* Add a write of so many bytes, zeros so far; NULL: no memory. */
static uint8_t *add(struct gpt_change *change, uint64_t at_bytes, size_t size_bytes)
{
	uint8_t *bytes = calloc(1, size_bytes);

	if (!bytes)
		return NULL;
	change->owned[change->owned_count++] = bytes;
	change->writes[change->count++] = (struct gpt_write){ .at_bytes = at_bytes,
							      .size_bytes = size_bytes,
							      .bytes = bytes };
	return bytes;
}

/* Zeros for what of these sectors lies in the room that the target gets. */
static int clear_in_room(struct gpt_change *change, const struct plan *plan, uint64_t at_lba,
			 uint64_t sectors)
{
	uint64_t from = plan->start_lba + plan->sectors_before;
	uint64_t to = plan->start_lba + plan->sectors_after;

	if (from < at_lba)
		from = at_lba;
	if (to > at_lba + sectors)
		to = at_lba + sectors;
	if (from >= to)
		return 0;
	return add(change, from * plan->sector_bytes, (to - from) * plan->sector_bytes) ? 0 : -1;
}

static int clear_backup(struct gpt_change *change, const struct plan *plan,
			const struct gpt_copy *backup)
{
	const struct gpt_header *header = &backup->header;

	if (!backup->header_sector)
		return 0;
	return clear_in_room(change, plan, header->my_lba, 1) < 0
		       ? -1
		       : clear_in_room(change, plan, header->entries_lba,
				       gpt_entries_sectors(header, plan->sector_bytes));
}

static void seal(uint8_t *header_sector, uint32_t header_bytes)
{
	set_le32(header_sector + GPT_HEADER_CRC_AT, gpt_header_crc32(header_sector, header_bytes));
}

static void move_entry(uint8_t *entry, uint64_t sectors)
{
	set_le64(entry + GPT_FIRST_LBA_AT, le64_at(entry + GPT_FIRST_LBA_AT) + sectors);
	set_le64(entry + GPT_LAST_LBA_AT, le64_at(entry + GPT_LAST_LBA_AT) + sectors);
}

/* Both copies of entries and header. */
static int change_copies(struct gpt_change *change, const struct plan *plan,
			 const struct gpt_copy *primary)
{
	const struct gpt_header *header = &primary->header;
	const uint64_t last_lba = plan->disk_sectors - 1;
	const uint64_t backup_lba = plan->disk_sectors - plan->tail_sectors;
	const size_t sector_bytes = plan->sector_bytes;
	const size_t entries_bytes = (size_t)header->entry_count * header->entry_bytes;
	uint8_t *backup_entries, *backup_header, *entries, *sector;

	backup_entries =
		add(change, backup_lba * sector_bytes, (plan->tail_sectors - 1) * sector_bytes);
	backup_header = add(change, last_lba * sector_bytes, sector_bytes);
	entries = add(change, header->entries_lba * sector_bytes, entries_bytes);
	sector = add(change, GPT_HEADER_LBA * sector_bytes, sector_bytes);
	if (!backup_entries || !backup_header || !entries || !sector)
		return -1;
	memcpy(entries, primary->entries, entries_bytes);
	set_le64(entries + (size_t)(plan->number - 1) * header->entry_bytes + GPT_LAST_LBA_AT,
		 plan->start_lba + plan->sectors_after - 1);
	if (plan_moves(plan))
		move_entry(entries + (size_t)(plan->move.number - 1) * header->entry_bytes,
			   plan->move.shift_sectors);
	memcpy(backup_entries, entries, entries_bytes);
	memcpy(sector, primary->header_sector, sector_bytes);
	set_le64(sector + GPT_ALTERNATE_LBA_AT, last_lba);
	set_le64(sector + GPT_LAST_USABLE_AT, backup_lba - 1);
	set_le32(sector + GPT_ENTRIES_CRC_AT, gpt_crc32(entries, entries_bytes));
	memcpy(backup_header, sector, sector_bytes);
	seal(sector, header->header_bytes);
	set_le64(backup_header + GPT_MY_LBA_AT, last_lba);
	set_le64(backup_header + GPT_ALTERNATE_LBA_AT, GPT_HEADER_LBA);
	set_le64(backup_header + GPT_ENTRIES_LBA_AT, backup_lba);
	seal(backup_header, header->header_bytes);
	return 0;
}

/* The slot of the entry that protects the GPT, if no other is in use; else MBR_ENTRIES. */
static unsigned lone_protective(const uint8_t *first_sector)
{
	unsigned found = MBR_ENTRIES;

	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		unsigned type = first_sector[MBR_ENTRIES_AT + i * MBR_ENTRY_BYTES + MBR_TYPE_AT];

		if (type == 0)
			continue;
		if (type != MBR_TYPE_PROTECTS_GPT || found != MBR_ENTRIES)
			return MBR_ENTRIES;
		found = i;
	}
	return found;
}

static int change_first_sector(struct gpt_change *change, const struct plan *plan,
			       const uint8_t *first_sector)
{
	const unsigned slot = lone_protective(first_sector);
	const size_t at = MBR_ENTRIES_AT + slot * MBR_ENTRY_BYTES + MBR_SECTORS_AT;
	const uint64_t sectors = plan->disk_sectors - 1;
	uint8_t *bytes;

	if (slot == MBR_ENTRIES || le32_at(first_sector + at) == UINT32_MAX)
		return 0;
	bytes = add(change, at, sizeof(uint32_t));
	if (!bytes)
		return -1;
	set_le32(bytes, sectors < UINT32_MAX ? (uint32_t)sectors : UINT32_MAX);
	return 0;
}

int gpt_change_make(const struct gpt_state *state, const uint8_t first_sector[TABLE_SECTOR_BYTES],
		    const struct plan *plan, struct gpt_change *ret_change, struct fault *fault)
{
	*ret_change = (struct gpt_change){ 0 };
	if (clear_backup(ret_change, plan, &state->backup) < 0 ||
	    change_copies(ret_change, plan, &state->primary) < 0 ||
	    change_first_sector(ret_change, plan, first_sector) < 0)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the partition table");
	return 0;
}

void gpt_change_free(struct gpt_change *change)
{
	for (size_t i = 0; i < change->owned_count; i++)
		free(change->owned[i]);
	*change = (struct gpt_change){ 0 };
}
