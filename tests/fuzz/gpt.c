/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partition table of an image, and the write set that follows from it. The input: what is
 * asked (ASKED_BYTES), then 512 bytes for each of the first four sectors of the disk, then for
 * each of its last four; all else is zero. A flag makes the checksums right before the disk is
 * read, as an attacker would. */
#include "fuzz.h"

#include "base/bytes.h"
#include "host/log/write_set.h"
#include "table/gpt.h"
#include "table/mbr.h"

#include <string.h>

#define ASKED_BYTES    8 /* partition, flags, size in two ways */
#define DISK_SECTORS   600
#define HEAD_SECTORS   4
#define TAIL_SECTORS   4
#define FLAG_REPAIRS   1
#define FLAG_LARGE     2 /* sectors of 4096 bytes */
#define FLAG_SUMS      4 /* make the checksums of the primary right */
#define FLAG_BACKUP    8 /* and those of the backup */
#define SECTOR_BYTES   512u
#define LARGEST_SECTOR 4096u

static uint8_t disk[DISK_SECTORS * LARGEST_SECTOR]; /* zeros, but for the ends */
static struct table table, grown;		    /* large */

/* Sums of a copy as its own header says, where the header lies in the disk. */
static void make_sums(uint8_t *bytes, size_t size_bytes, uint32_t sector_bytes, uint64_t lba)
{
	uint8_t *header = bytes + lba * sector_bytes;
	uint64_t entries_lba = le64_at(header + GPT_ENTRIES_LBA_AT);
	uint64_t entries_bytes = (uint64_t)le32_at(header + GPT_ENTRY_COUNT_AT) *
				 le32_at(header + GPT_ENTRY_BYTES_AT);
	uint32_t header_bytes = le32_at(header + GPT_HEADER_BYTES_AT);

	if (entries_lba < size_bytes / sector_bytes &&
	    entries_bytes <= size_bytes - entries_lba * sector_bytes && entries_bytes <= 1024 * 512)
		set_le32(header + GPT_ENTRIES_CRC_AT,
			 gpt_crc32(bytes + entries_lba * sector_bytes, entries_bytes));
	if (header_bytes <= sector_bytes)
		set_le32(header + GPT_HEADER_CRC_AT, gpt_header_crc32(header, header_bytes));
}

/* Where a sector at one of the ends lies. */
static uint8_t *end_sector(size_t index, uint32_t sector_bytes)
{
	size_t lba =
		index < HEAD_SECTORS ? index : DISK_SECTORS - TAIL_SECTORS + (index - HEAD_SECTORS);

	return disk + lba * sector_bytes;
}

static size_t make_disk(const uint8_t *data, size_t size_bytes, unsigned flags)
{
	static uint32_t sector_bytes = SECTOR_BYTES;
	size_t disk_bytes;

	for (size_t i = 0; i < HEAD_SECTORS + TAIL_SECTORS; i++)
		memset(end_sector(i, sector_bytes), 0, sector_bytes);
	sector_bytes = flags & FLAG_LARGE ? LARGEST_SECTOR : SECTOR_BYTES;
	disk_bytes = DISK_SECTORS * (size_t)sector_bytes;
	for (size_t i = 0; i < HEAD_SECTORS + TAIL_SECTORS && size_bytes > 0; i++) {
		size_t piece = size_bytes < SECTOR_BYTES ? size_bytes : SECTOR_BYTES;

		memcpy(end_sector(i, sector_bytes), data, piece);
		data += piece;
		size_bytes -= piece;
	}
	if (flags & FLAG_SUMS)
		make_sums(disk, disk_bytes, sector_bytes, 1);
	if (flags & FLAG_BACKUP)
		make_sums(disk, disk_bytes, sector_bytes, DISK_SECTORS - 1);
	return disk_bytes;
}

/* Parts make sense, whatever the table says. */
static void judge_table(const struct table *read)
{
	MUST(read->parts.count > 0 || read->ops == &table_gpt);
	for (size_t i = 0; i < read->parts.count; i++) {
		const struct table_part *part = &read->parts.parts[i];

		MUST(part->number > 0 && part->number <= TABLE_PARTS_MAX);
		MUST(part->size_sectors > 0 && part->start_lba > 0);
		MUST(table_end_lba(part) > part->start_lba);
		for (size_t j = 0; read->ops == &table_gpt && j < i; j++)
			MUST(!table_overlaps(part, &read->parts.parts[j]));
	}
}

/* Ranges follow each other on the disk, and do not touch what is another's. */
static void judge_set(const struct write_set *set, const struct table *read, uint64_t after_bytes)
{
	uint64_t end = 0, room_at = write_set_target_at_bytes(set), rooms = 0;

	MUST(set->count > 0 && set->count <= WRITE_RANGES_MAX);
	for (size_t i = 0; i < set->count; i++) {
		const struct write_range *range = &set->ranges[i];

		MUST(range->at >= end && range->bytes > 0);
		end = range->at + range->bytes;
		MUST(end > range->at && end <= after_bytes);
		MUST((range->kind == WRITE_BYTES) == (range->data != NULL));
		rooms += range->kind == WRITE_ANYTHING;
		MUST(range->kind != WRITE_ANYTHING || range->at == room_at);
		for (size_t j = 0; j < read->parts.count; j++) {
			uint64_t from = read->parts.parts[j].start_lba * set->sector_bytes;
			uint64_t bytes = read->parts.parts[j].size_sectors * set->sector_bytes;

			MUST(read->parts.parts[j].number == set->target.number ||
			     range->at >= from + bytes || end <= from || set->table == &table_mbr);
		}
	}
	MUST(rooms == 1);
}

/* The disk as the write set has it, read through it. */
struct view {
	const struct write_set *set;
	size_t before_bytes;
};

static int read_view(void *context, uint64_t at, void *bytes, size_t size_bytes)
{
	const struct view *view = context;
	uint8_t *to = bytes;

	memset(to, 0, size_bytes);
	if (at < view->before_bytes)
		memcpy(to, disk + at,
		       size_bytes < view->before_bytes - at ? size_bytes : view->before_bytes - at);
	for (size_t i = 0; i < view->set->count; i++) {
		const struct write_range *range = &view->set->ranges[i];
		uint64_t from = range->at > at ? range->at : at;
		uint64_t end = range->at + range->bytes;

		end = end < at + size_bytes ? end : at + size_bytes;
		if (range->kind == WRITE_BYTES && from < end)
			memcpy(to + (from - at), range->data + (from - range->at), end - from);
	}
	return 0;
}

/* What the ranges make of a GPT is a GPT, with two copies that agree and the target grown. */
static void judge_grown(const struct write_set *set, size_t before_bytes, uint64_t after_bytes)
{
	struct view view = { set, before_bytes };
	struct table_source source = { read_view, &view, after_bytes };
	struct gpt_copy primary, backup;
	const struct table_part *target;

	MUST(table_read(&source, &grown) == TABLE_GOOD);
	MUST(grown.ops == &table_gpt && grown.sector_bytes == set->sector_bytes);
	target = table_choose(&grown.parts, set->target.number);
	MUST(target && target->start_lba == set->target.start_lba);
	MUST(table_end_lba(target) == set->target_end_lba);
	MUST(target->size_sectors >= set->target.size_sectors);
	MUST(gpt_copy_read(&source, set->sector_bytes, 1, &primary) == TABLE_GOOD);
	MUST(gpt_copy_read(&source, set->sector_bytes, after_bytes / set->sector_bytes - 1,
			   &backup) == TABLE_GOOD);
	MUST(gpt_copies_agree(&primary, &backup));
	gpt_copy_free(&primary);
	gpt_copy_free(&backup);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct table_memory memory = { .bytes = disk };
	struct table_source source;
	struct write_request request;
	struct write_set set;
	enum table_answer answer;

	if (size_bytes < ASKED_BYTES)
		return 0;
	memory.size_bytes = make_disk(data + ASKED_BYTES, size_bytes - ASKED_BYTES, data[1]);
	source = table_source_memory(&memory);
	request = (struct write_request){ .size_after_bytes = memory.size_bytes +
							      512 * ((uint64_t)le32_at(data + 4)
								     << data[3] % 20),
					  .partition = data[0] | (unsigned)(data[2] & 3) << 8,
					  .repairs_all = data[1] & FLAG_REPAIRS };
	answer = table_read(&source, &table);
	if (answer == TABLE_GOOD)
		judge_table(&table);
	else
		table.parts.count = 0;
	if (write_set_make(&source, &request, &set) < 0) {
		MUST(!set.memory);
		return 0;
	}
	MUST(answer == TABLE_GOOD || (answer == TABLE_DAMAGED && request.repairs_all));
	judge_set(&set, &table, request.size_after_bytes);
	if (set.table == &table_gpt)
		judge_grown(&set, memory.size_bytes, request.size_after_bytes);
	write_set_close(&set);
	fuzz_accepted++;
	return 0;
}
