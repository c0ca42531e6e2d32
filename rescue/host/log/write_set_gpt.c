/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a grow makes of a GPT, computed a second time: the agent has code of its own for it. */
#include "produce.h"

#include "base/bytes.h"
#include "table/gpt.h"
#include "table/mbr.h"

#include <stdlib.h>
#include <string.h>

/* What the bytes follow from. */
struct grown {
	const struct gpt_copy *primary; /* as it was, or made from the backup */
	const struct table_part *target;
	uint32_t sector_bytes;
	uint64_t entries_bytes, entries_sectors;
	uint64_t disk_sectors, last_usable_lba;
	uint64_t size_sectors; /* of the target */
	bool repaired;	       /* the whole primary is new */
	bool partition_only;
	struct produce_move move;
};

/* Zeroed memory of the set for a range of WRITE_BYTES; all was allocated at once. */
static uint8_t *add_bytes(struct write_set *set, uint8_t **free_at, uint64_t at, uint64_t bytes)
{
	uint8_t *data = *free_at;

	*free_at += bytes;
	produce_range(set, (struct write_range){
				   .at = at, .bytes = bytes, .kind = WRITE_BYTES, .data = data });
	return data;
}

/* The slot of the entry that protects the GPT, where no other one is used; else
 * MBR_ENTRIES. */
static unsigned lone_slot(const uint8_t *first_sector)
{
	unsigned used = 0, slot = 0;

	for (unsigned i = 0; i < MBR_ENTRIES; i++)
		if (first_sector[MBR_ENTRIES_AT + i * MBR_ENTRY_BYTES + MBR_TYPE_AT] != 0) {
			used++;
			slot = i;
		}
	return used == 1 ? slot : MBR_ENTRIES;
}

/* The size of that entry, unless it is a formality. */
static void add_protection(const struct grown *grown, const uint8_t *first_sector,
			   struct write_set *set, uint8_t **free_at)
{
	unsigned slot = lone_slot(first_sector);
	uint64_t at = MBR_ENTRIES_AT + slot * MBR_ENTRY_BYTES + MBR_SECTORS_AT;
	uint64_t sectors = grown->disk_sectors - 1;

	if (slot == MBR_ENTRIES || le32_at(first_sector + at) == UINT32_MAX)
		return;
	set_le32(add_bytes(set, free_at, at, 4),
		 sectors < UINT32_MAX ? (uint32_t)sectors : UINT32_MAX);
}

/* First and last sector of what is moved, which lie beside each other. */
static void write_moved(const struct grown *grown, uint8_t *out)
{
	const struct table_part *moved = grown->move.part;
	uint64_t to_lba = moved->start_lba + grown->move.shift_sectors;

	set_le64(out, to_lba);
	set_le64(out + (GPT_LAST_LBA_AT - GPT_FIRST_LBA_AT), to_lba + moved->size_sectors - 1);
}

static void write_entries(const struct grown *grown, uint8_t *out)
{
	const struct table_part *moved = grown->move.part;
	uint64_t entry_at =
		(uint64_t)(grown->target->number - 1) * grown->primary->header.entry_bytes;

	memcpy(out, grown->primary->entries, grown->entries_bytes);
	set_le64(out + entry_at + GPT_LAST_LBA_AT,
		 grown->target->start_lba + grown->size_sectors - 1);
	if (moved) {
		entry_at = (uint64_t)(moved->number - 1) * grown->primary->header.entry_bytes;
		write_moved(grown, out + entry_at + GPT_FIRST_LBA_AT);
	}
}

/* One of the two headers, from its places and the sum of the entries. */
static void write_header(const struct grown *grown, uint64_t my_lba, uint64_t entries_lba,
			 uint32_t entries_crc, uint8_t *out)
{
	uint64_t last_lba = grown->disk_sectors - 1;

	memcpy(out, grown->primary->header_sector, grown->sector_bytes);
	set_le64(out + GPT_MY_LBA_AT, my_lba);
	set_le64(out + GPT_ALTERNATE_LBA_AT, my_lba == last_lba ? GPT_HEADER_LBA : last_lba);
	set_le64(out + GPT_LAST_USABLE_AT, grown->last_usable_lba);
	set_le64(out + GPT_ENTRIES_LBA_AT, entries_lba);
	set_le32(out + GPT_ENTRIES_CRC_AT, entries_crc);
	set_le32(out + GPT_HEADER_CRC_AT,
		 gpt_header_crc32(out, grown->primary->header.header_bytes));
}

static uint64_t entry_at(const struct grown *grown, const struct table_part *part)
{
	const struct gpt_header *header = &grown->primary->header;

	return header->entries_lba * grown->sector_bytes +
	       (uint64_t)(part->number - 1) * header->entry_bytes;
}

static void add_moved_entry(const struct grown *grown, struct write_set *set, uint8_t **free_at)
{
	uint64_t at = entry_at(grown, grown->move.part) + GPT_FIRST_LBA_AT;

	write_moved(grown, add_bytes(set, free_at, at, GPT_LAST_LBA_AT + 8 - GPT_FIRST_LBA_AT));
}

/* Of the primary's entries, the last LBA of the target's, and what is moved; or all of them. */
static void add_entries(const struct grown *grown, struct write_set *set, uint8_t **free_at)
{
	const struct gpt_header *header = &grown->primary->header;
	const struct table_part *moved = grown->move.part;
	uint64_t at = header->entries_lba * grown->sector_bytes;

	if (grown->repaired) {
		write_entries(grown, add_bytes(set, free_at, at, grown->entries_bytes));
		return;
	}
	if (moved && moved->number < grown->target->number)
		add_moved_entry(grown, set, free_at);
	at = entry_at(grown, grown->target) + GPT_LAST_LBA_AT;
	set_le64(add_bytes(set, free_at, at, 8),
		 grown->target->start_lba + grown->size_sectors - 1);
	if (moved && moved->number > grown->target->number)
		add_moved_entry(grown, set, free_at);
}

/* The target; or of the partition alone, its new room: what an old backup left there is cleared. */
static void add_target(const struct grown *grown, struct write_set *set)
{
	uint64_t kept_sectors = grown->partition_only ? grown->target->size_sectors : 0;

	if (grown->size_sectors > kept_sectors)
		produce_range(
			set,
			(struct write_range){
				.at = (grown->target->start_lba + kept_sectors) *
				      grown->sector_bytes,
				.bytes = (grown->size_sectors - kept_sectors) * grown->sector_bytes,
				.kind = grown->partition_only ? WRITE_ZEROS : WRITE_ANYTHING });
}

/* All ranges, by place. -1: the source cannot read. */
static int add_ranges(const struct table_source *before, const struct grown *grown,
		      const uint8_t *first_sector, struct write_set *set)
{
	uint64_t sector_bytes = grown->sector_bytes, tail_lba = grown->last_usable_lba + 1;
	uint8_t *free_at = set->memory, *header, *tail;
	uint32_t entries_crc;

	add_protection(grown, first_sector, set, &free_at);
	header = add_bytes(set, &free_at, GPT_HEADER_LBA * sector_bytes, sector_bytes);
	add_entries(grown, set, &free_at);
	add_target(grown, set);
	if (produce_add_moved(before, &grown->move, grown->sector_bytes, set, &free_at) < 0)
		return -1;
	tail = add_bytes(set, &free_at, tail_lba * sector_bytes,
			 (grown->entries_sectors + 1) * sector_bytes);
	write_entries(grown, tail);
	entries_crc = gpt_crc32(tail, grown->entries_bytes);
	write_header(grown, GPT_HEADER_LBA, grown->primary->header.entries_lba, entries_crc,
		     header);
	write_header(grown, grown->disk_sectors - 1, tail_lba, entries_crc,
		     tail + grown->entries_sectors * sector_bytes);
	return 0;
}

/* The room of the target, on a disk whose backup lies at its end. -1: not everything has room
 * before it. */
static int plan(const struct table_source *before, const struct table_parts *parts,
		const struct write_request *request, struct grown *grown)
{
	const struct gpt_header *header = &grown->primary->header;
	uint64_t room_end_lba;

	grown->partition_only = request->partition_only;
	grown->target = produce_target(before, parts, request, grown->sector_bytes);
	grown->entries_bytes = (uint64_t)header->entry_count * header->entry_bytes;
	grown->entries_sectors = gpt_entries_sectors(header, grown->sector_bytes);
	grown->disk_sectors = request->size_after_bytes / grown->sector_bytes;
	grown->last_usable_lba =
		gpt_last_usable_lba(header, grown->disk_sectors, grown->sector_bytes);
	if (!grown->target || !gpt_entries_lead(header, grown->sector_bytes) ||
	    table_needs_sectors(parts) > grown->last_usable_lba + 1)
		return -1;
	room_end_lba = produce_room_end_lba(parts, grown->target, grown->last_usable_lba + 1,
					    request, grown->sector_bytes);
	if (request->move_swap && !request->partition_only &&
	    produce_leave_sectors(request, grown->sector_bytes) <= grown->last_usable_lba)
		produce_find_move(before, parts, grown->target,
				  grown->last_usable_lba + 1 -
					  produce_leave_sectors(request, grown->sector_bytes),
				  grown->sector_bytes, &grown->move);
	if (grown->move.part)
		room_end_lba = grown->move.from_lba + grown->move.shift_sectors;
	grown->size_sectors =
		gpt_size_for(grown->target->size_sectors, room_end_lba - grown->target->start_lba,
			     grown->sector_bytes);
	return 0;
}

static int produce(const struct table_source *before, const struct table_parts *parts,
		   const struct write_request *request, struct grown *grown, struct write_set *set)
{
	uint8_t first_sector[TABLE_SECTOR_BYTES];

	if (plan(before, parts, request, grown) < 0 ||
	    before->read(before->context, 0, first_sector, sizeof(first_sector)) < 0)
		return -1;
	set->table = &table_gpt;
	set->sector_bytes = grown->sector_bytes;
	set->target = *grown->target;
	set->target_end_lba = grown->target->start_lba + grown->size_sectors;
	/* Both headers, the entries twice, four numbers; what is moved. */
	set->memory = calloc(1, 2 * (grown->entries_sectors + 1) * (size_t)grown->sector_bytes +
					28 + PRODUCE_MOVED_BYTES);
	if (!set->memory)
		return -1;
	return add_ranges(before, grown, first_sector, set);
}

/* Both copies are whole, and contradict each other: which one is right? */
static bool contradicts(const struct table_source *before, uint32_t sector_bytes,
			const struct gpt_copy *primary)
{
	uint64_t backup_lba = primary->header.alternate_lba;
	cleanup_gpt_copy struct gpt_copy backup = { 0 };

	return backup_lba != GPT_HEADER_LBA &&
	       gpt_copy_read(before, sector_bytes, backup_lba, &backup) == TABLE_GOOD &&
	       !gpt_copies_agree(primary, &backup);
}

int produce_gpt(const struct table_source *before, const struct table *table,
		const struct write_request *request, struct write_set *ret_set)
{
	cleanup_gpt_copy struct gpt_copy primary = { 0 };
	struct grown grown = { .primary = &primary, .sector_bytes = table->sector_bytes };

	if (gpt_copy_read(before, table->sector_bytes, GPT_HEADER_LBA, &primary) != TABLE_GOOD ||
	    contradicts(before, table->sector_bytes, &primary))
		return -1;
	return produce(before, &table->parts, request, &grown, ret_set);
}

int produce_gpt_repaired(const struct table_source *before, const struct write_request *request,
			 struct write_set *ret_set)
{
	cleanup_gpt_copy struct gpt_copy copy = { 0 };
	struct grown grown = { .primary = &copy, .repaired = true };
	struct table_parts parts;

	if (gpt_backup_read(before, before->size_bytes, &grown.sector_bytes, &copy) != TABLE_GOOD)
		return -1;
	copy.header.my_lba = GPT_HEADER_LBA;
	copy.header.entries_lba = GPT_HEADER_LBA + 1;
	if (gpt_parts(&copy, grown.sector_bytes, &parts) != TABLE_GOOD)
		return -1;
	return produce(before, &parts, request, &grown, ret_set);
}
