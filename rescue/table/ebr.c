/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain of boot records in an extended partition. Sources: the kernel's
 * block/partitions/msdos.c (parse_extended); libfdisk's dos.c. */
#include "mbr.h"

#include "base/bytes.h"

/* What one record says. */
struct record {
	struct table_part part; /* size_sectors 0: it has none */
	uint64_t next_lba;	/* 0: it is the last */
};

/* Is a piece of the container where it says? No number wraps: all have 32 bits. */
static bool lies_in(const struct table_part *container, uint64_t start_lba, uint64_t sectors)
{
	return start_lba >= container->start_lba && sectors > 0 &&
	       start_lba + sectors <= table_end_lba(container);
}

/* The first two entries hold a partition and a link, in any order; the others nothing. */
static enum table_answer take_entry(const uint8_t *sector, unsigned index, uint64_t ebr_lba,
				    const struct table_part *container, struct record *record)
{
	const uint8_t *entry = sector + MBR_ENTRIES_AT + index * MBR_ENTRY_BYTES;
	uint64_t start = le32_at(entry + MBR_START_LBA_AT);
	uint64_t sectors = le32_at(entry + MBR_SECTORS_AT);
	unsigned type = entry[MBR_TYPE_AT];

	if (sectors == 0 || type == 0)
		return TABLE_GOOD;
	if (index >= 2 || start == 0)
		return TABLE_INVALID;
	if (mbr_is_container(type)) {
		if (record->next_lba != 0 || !lies_in(container, container->start_lba + start, 1))
			return TABLE_INVALID;
		record->next_lba = container->start_lba + start;
		return TABLE_GOOD;
	}
	if (record->part.size_sectors != 0 || !lies_in(container, ebr_lba + start, sectors))
		return TABLE_INVALID;
	record->part = (struct table_part){
		.start_lba = ebr_lba + start,
		.size_sectors = sectors,
		.entry_at_bytes = ebr_lba * TABLE_SECTOR_BYTES + MBR_ENTRIES_AT +
				  (uint64_t)index * MBR_ENTRY_BYTES,
		.type = type,
		.container = container->number,
		.ebr_lba = ebr_lba,
	};
	return TABLE_GOOD;
}

static enum table_answer read_record(const struct table_source *source, uint64_t ebr_lba,
				     const struct table_part *container, struct record *ret_record)
{
	uint8_t sector[TABLE_SECTOR_BYTES];
	enum table_answer answer = TABLE_GOOD;

	*ret_record = (struct record){ 0 };
	if (ebr_lba >= source->size_bytes / TABLE_SECTOR_BYTES)
		return TABLE_DAMAGED;
	if (source->read(source->context, ebr_lba * TABLE_SECTOR_BYTES, sector, sizeof(sector)) < 0)
		return TABLE_UNREADABLE;
	if (sector[MBR_SIGNATURE_AT] != 0x55 || sector[MBR_SIGNATURE_AT + 1] != 0xaa)
		/* A container that was never used has none, and is empty. */
		return ebr_lba == container->start_lba ? TABLE_GOOD : TABLE_DAMAGED;
	for (unsigned i = 0; i < MBR_ENTRIES && answer == TABLE_GOOD; i++)
		answer = take_entry(sector, i, ebr_lba, container, ret_record);
	return answer;
}

enum table_answer mbr_read_logical(const struct table_source *source,
				   const struct table_part *container, struct table_parts *parts)
{
	uint64_t ebr_lba = container->start_lba;
	unsigned number = MBR_ENTRIES + 1;

	for (unsigned i = 0; i < MBR_LOGICAL_MAX; i++) {
		struct record record;
		enum table_answer answer = read_record(source, ebr_lba, container, &record);

		if (answer != TABLE_GOOD)
			return answer;
		if (record.part.size_sectors > 0) {
			record.part.number = number++;
			record.part.next_ebr_lba = record.next_lba;
			parts->parts[parts->count++] = record.part;
		}
		if (record.next_lba == 0)
			return TABLE_GOOD;
		ebr_lba = record.next_lba;
	}
	return TABLE_INVALID; /* most likely a circle */
}
