/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gpt.h"

#include "base/bytes.h"
#include "mbr.h"

#include <stdlib.h>
#include <string.h>

bool gpt_is_protected(const uint8_t first_sector[TABLE_SECTOR_BYTES])
{
	if (first_sector[MBR_SIGNATURE_AT] != 0x55 || first_sector[MBR_SIGNATURE_AT + 1] != 0xaa)
		return false;
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		const uint8_t *entry = first_sector + MBR_ENTRIES_AT + i * MBR_ENTRY_BYTES;

		if (entry[MBR_TYPE_AT] == MBR_TYPE_PROTECTS_GPT &&
		    le32_at(entry + MBR_START_LBA_AT) == GPT_HEADER_LBA)
			return true;
	}
	return false;
}

static struct gpt_header decode(const uint8_t *sector)
{
	struct gpt_header header = {
		.header_bytes = le32_at(sector + GPT_HEADER_BYTES_AT),
		.my_lba = le64_at(sector + GPT_MY_LBA_AT),
		.alternate_lba = le64_at(sector + GPT_ALTERNATE_LBA_AT),
		.first_usable_lba = le64_at(sector + GPT_FIRST_USABLE_AT),
		.last_usable_lba = le64_at(sector + GPT_LAST_USABLE_AT),
		.entries_lba = le64_at(sector + GPT_ENTRIES_LBA_AT),
		.entry_count = le32_at(sector + GPT_ENTRY_COUNT_AT),
		.entry_bytes = le32_at(sector + GPT_ENTRY_BYTES_AT),
		.entries_crc = le32_at(sector + GPT_ENTRIES_CRC_AT),
	};

	memcpy(header.disk_guid, sector + GPT_DISK_GUID_AT, TABLE_GUID_BYTES);
	return header;
}

/* Sizes that this reader can hold; libfdisk takes multiples of 128 as well. */
static bool has_known_sizes(const struct gpt_header *header)
{
	return header->entry_bytes >= GPT_ENTRY_BYTES_MIN &&
	       header->entry_bytes <= GPT_ENTRY_BYTES_MAX &&
	       header->entry_bytes % GPT_ENTRY_BYTES_MIN == 0 && header->entry_count > 0 &&
	       header->entry_count <= GPT_ENTRIES_MAX;
}

static enum table_answer read_header(const struct table_source *source, uint32_t sector_bytes,
				     uint64_t header_lba, struct gpt_copy *copy)
{
	struct gpt_header *header = &copy->header;
	uint8_t *sector;

	if (header_lba >= source->size_bytes / sector_bytes)
		return TABLE_NONE;
	sector = copy->header_sector = malloc(sector_bytes);
	if (!sector ||
	    source->read(source->context, header_lba * sector_bytes, sector, sector_bytes) < 0)
		return TABLE_UNREADABLE;
	if (memcmp(sector, GPT_SIGNATURE, GPT_SIGNATURE_BYTES) != 0)
		return TABLE_NONE;
	*header = decode(sector);
	if (header->header_bytes < GPT_HEADER_BYTES_MIN || header->header_bytes > sector_bytes ||
	    le32_at(sector + GPT_HEADER_CRC_AT) != gpt_header_crc32(sector, header->header_bytes) ||
	    header->my_lba != header_lba)
		return TABLE_DAMAGED;
	return has_known_sizes(header) ? TABLE_GOOD : TABLE_INVALID;
}

static enum table_answer read_entries(const struct table_source *source, uint32_t sector_bytes,
				      struct gpt_copy *copy)
{
	const struct gpt_header *header = &copy->header;
	size_t size_bytes = (size_t)header->entry_count * header->entry_bytes;
	uint64_t disk_sectors = source->size_bytes / sector_bytes;
	uint64_t sectors = gpt_entries_sectors(header, sector_bytes);

	if (header->entries_lba <= GPT_HEADER_LBA || sectors > disk_sectors ||
	    header->entries_lba > disk_sectors - sectors)
		return TABLE_DAMAGED;
	copy->entries = malloc(size_bytes);
	if (!copy->entries || source->read(source->context, header->entries_lba * sector_bytes,
					   copy->entries, size_bytes) < 0)
		return TABLE_UNREADABLE;
	return gpt_crc32(copy->entries, size_bytes) == header->entries_crc ? TABLE_GOOD
									   : TABLE_DAMAGED;
}

enum table_answer gpt_copy_read(const struct table_source *source, uint32_t sector_bytes,
				uint64_t header_lba, struct gpt_copy *ret_copy)
{
	enum table_answer answer;

	*ret_copy = (struct gpt_copy){ 0 };
	answer = read_header(source, sector_bytes, header_lba, ret_copy);
	return answer == TABLE_GOOD ? read_entries(source, sector_bytes, ret_copy) : answer;
}

enum table_answer gpt_backup_read(const struct table_source *source, uint64_t size_bytes,
				  uint32_t *ret_sector_bytes, struct gpt_copy *ret_copy)
{
	static const uint32_t sizes[] = { 512, 4096 };
	enum table_answer answer = TABLE_NONE, first = TABLE_NONE;

	*ret_copy = (struct gpt_copy){ 0 };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (size_bytes / sizes[i] <= GPT_HEADER_LBA + 1)
			continue; /* the primary's place */
		gpt_copy_free(ret_copy);
		*ret_sector_bytes = sizes[i];
		answer = gpt_copy_read(source, sizes[i], size_bytes / sizes[i] - 1, ret_copy);
		if (answer == TABLE_GOOD || answer == TABLE_UNREADABLE)
			return answer;
		if (first == TABLE_NONE)
			first = answer;
	}
	return first;
}

void gpt_copy_free(struct gpt_copy *copy)
{
	free(copy->header_sector);
	free(copy->entries);
	*copy = (struct gpt_copy){ 0 };
}

static bool is_used(const uint8_t *entry)
{
	static const uint8_t unused[TABLE_GUID_BYTES];

	return memcmp(entry + GPT_TYPE_GUID_AT, unused, TABLE_GUID_BYTES) != 0;
}

/* first <= last, so no number wraps. */
static bool shares(uint64_t first_lba, uint64_t last_lba, uint64_t at_lba, uint64_t sectors)
{
	return first_lba < at_lba + sectors && at_lba <= last_lba;
}

static enum table_answer add_part(const struct gpt_copy *copy, uint32_t sector_bytes,
				  unsigned index, struct table_parts *parts)
{
	const struct gpt_header *header = &copy->header;
	const uint8_t *entry = copy->entries + (size_t)index * header->entry_bytes;
	uint64_t first = le64_at(entry + GPT_FIRST_LBA_AT);
	uint64_t last = le64_at(entry + GPT_LAST_LBA_AT);
	struct table_part *part = &parts->parts[parts->count];

	if (!is_used(entry))
		return TABLE_GOOD;
	if (first > last || first < header->first_usable_lba || last > header->last_usable_lba ||
	    shares(first, last, header->my_lba, 1) ||
	    shares(first, last, header->entries_lba, gpt_entries_sectors(header, sector_bytes)))
		return TABLE_INVALID;
	*part = (struct table_part){ .number = index + 1,
				     .start_lba = first,
				     .size_sectors = last - first + 1,
				     .entry_at_bytes = header->entries_lba * sector_bytes +
						       (uint64_t)index * header->entry_bytes };
	memcpy(part->type_guid, entry + GPT_TYPE_GUID_AT, TABLE_GUID_BYTES);
	memcpy(part->guid, entry + GPT_PART_GUID_AT, TABLE_GUID_BYTES);
	memcpy(part->name, entry + GPT_NAME_AT, TABLE_NAME_BYTES);
	for (size_t i = 0; i < parts->count; i++)
		if (table_overlaps(&parts->parts[i], part))
			return TABLE_INVALID;
	parts->count++;
	return TABLE_GOOD;
}

enum table_answer gpt_parts(const struct gpt_copy *copy, uint32_t sector_bytes,
			    struct table_parts *ret_parts)
{
	const struct gpt_header *header = &copy->header;
	enum table_answer answer = TABLE_GOOD;

	ret_parts->count = 0;
	ret_parts->is_gpt = true;
	/* A sector number times the size of a sector must stay a number of bytes. */
	if (header->first_usable_lba <= GPT_HEADER_LBA ||
	    header->first_usable_lba > header->last_usable_lba ||
	    header->last_usable_lba >= INT64_MAX / sector_bytes)
		return TABLE_INVALID;
	for (unsigned i = 0; i < header->entry_count && answer == TABLE_GOOD; i++)
		answer = add_part(copy, sector_bytes, i, ret_parts);
	return answer;
}

bool gpt_copies_agree(const struct gpt_copy *a, const struct gpt_copy *b)
{
	const struct gpt_header *x = &a->header, *y = &b->header;

	return x->first_usable_lba == y->first_usable_lba &&
	       x->last_usable_lba == y->last_usable_lba && x->entry_count == y->entry_count &&
	       x->entry_bytes == y->entry_bytes &&
	       memcmp(x->disk_guid, y->disk_guid, TABLE_GUID_BYTES) == 0 &&
	       memcmp(a->entries, b->entries, (size_t)x->entry_count * x->entry_bytes) == 0;
}

bool gpt_entries_lead(const struct gpt_header *header, uint32_t sector_bytes)
{
	uint64_t sectors = gpt_entries_sectors(header, sector_bytes);

	return header->entries_lba > GPT_HEADER_LBA && sectors <= header->first_usable_lba &&
	       header->entries_lba <= header->first_usable_lba - sectors;
}

uint64_t gpt_entries_sectors(const struct gpt_header *header, uint32_t sector_bytes)
{
	uint64_t size_bytes = (uint64_t)header->entry_count * header->entry_bytes;

	return (size_bytes + sector_bytes - 1) / sector_bytes;
}

uint64_t gpt_last_usable_lba(const struct gpt_header *header, uint64_t disk_sectors,
			     uint32_t sector_bytes)
{
	uint64_t behind = 1 + gpt_entries_sectors(header, sector_bytes);

	return disk_sectors > behind + 1 ? disk_sectors - behind - 1 : 0;
}

uint64_t gpt_size_for(uint64_t size_sectors, uint64_t room_sectors, uint32_t sector_bytes)
{
	uint64_t grain_sectors = GPT_GRAIN_BYTES / sector_bytes;
	uint64_t rounded = room_sectors / grain_sectors * grain_sectors;

	return rounded > size_sectors ? rounded : size_sectors;
}

static enum table_answer gpt_read(const struct table_source *source, uint32_t sector_bytes,
				  struct table_parts *ret_parts)
{
	cleanup_gpt_copy struct gpt_copy copy = { 0 };
	uint8_t first_sector[TABLE_SECTOR_BYTES];
	enum table_answer answer;

	if (source->size_bytes < sizeof(first_sector))
		return TABLE_NONE;
	if (source->read(source->context, 0, first_sector, sizeof(first_sector)) < 0)
		return TABLE_UNREADABLE;
	if (!gpt_is_protected(first_sector))
		return TABLE_NONE;
	answer = gpt_copy_read(source, sector_bytes, GPT_HEADER_LBA, &copy);
	if (answer == TABLE_NONE)
		return TABLE_DAMAGED; /* the first sector announces one */
	if (answer == TABLE_GOOD && !gpt_entries_lead(&copy.header, sector_bytes))
		return TABLE_INVALID;
	return answer == TABLE_GOOD ? gpt_parts(&copy, sector_bytes, ret_parts) : answer;
}

const struct table_ops table_gpt = { .name = "gpt", .read = gpt_read };
