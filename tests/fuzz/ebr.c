/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain of boot records in an extended partition, and the write set that follows from it. The
 * input: what is asked (ASKED_BYTES), then records (RECORD_BYTES), each for a sector of the
 * container: which one, whether it has the mark, and its four entries. The first sector is fixed:
 * a primary partition, the container, another primary one behind it. */
#include "fuzz.h"

#include "base/bytes.h"
#include "host/log/write_set.h"
#include "table/mbr.h"

#include <string.h>

#define ASKED_BYTES    4 /* partition, flags, sectors that are added */
#define RECORD_BYTES   (3 + MBR_ENTRIES * MBR_ENTRY_BYTES)
#define DISK_SECTORS   4096u
#define CONTAINER_LBA  256u
#define CONTAINER_END  3072u
#define BEHIND_LBA     3200u
#define BEHIND_SECTORS 100u
#define FLAG_BEHIND    1 /* there is a primary partition behind the container */
#define FLAG_ALONE     2 /* what is in the partition must stay */

static uint8_t disk[DISK_SECTORS * TABLE_SECTOR_BYTES];
static struct table table;

static void set_entry(uint8_t *sector, unsigned index, unsigned type, uint32_t start,
		      uint32_t sectors)
{
	uint8_t *entry = sector + MBR_ENTRIES_AT + (size_t)index * MBR_ENTRY_BYTES;

	entry[MBR_TYPE_AT] = (uint8_t)type;
	set_le32(entry + MBR_START_LBA_AT, start);
	set_le32(entry + MBR_SECTORS_AT, sectors);
	sector[MBR_SIGNATURE_AT] = 0x55;
	sector[MBR_SIGNATURE_AT + 1] = 0xaa;
}

/* Forget the records of the last input, and write those of this one. */
static void make_disk(const uint8_t *data, size_t size_bytes, unsigned flags)
{
	static bool used[CONTAINER_END - CONTAINER_LBA];

	for (size_t i = 0; i < CONTAINER_END - CONTAINER_LBA; i++)
		if (used[i])
			memset(disk + (CONTAINER_LBA + i) * TABLE_SECTOR_BYTES, 0,
			       TABLE_SECTOR_BYTES);
	memset(used, 0, sizeof(used));
	memset(disk, 0, TABLE_SECTOR_BYTES);
	set_entry(disk, 0, 0x83, 16, 200);
	set_entry(disk, 1, 0x05, CONTAINER_LBA, CONTAINER_END - CONTAINER_LBA);
	if (flags & FLAG_BEHIND)
		set_entry(disk, 2, 0x83, BEHIND_LBA, BEHIND_SECTORS);
	for (; size_bytes >= RECORD_BYTES; data += RECORD_BYTES, size_bytes -= RECORD_BYTES) {
		size_t index = le16_at(data) % (CONTAINER_END - CONTAINER_LBA);
		uint8_t *sector = disk + (CONTAINER_LBA + index) * TABLE_SECTOR_BYTES;

		used[index] = true;
		memcpy(sector + MBR_ENTRIES_AT, data + 3, (size_t)MBR_ENTRIES * MBR_ENTRY_BYTES);
		sector[MBR_SIGNATURE_AT] = data[2] & 1 ? 0 : 0x55;
		sector[MBR_SIGNATURE_AT + 1] = 0xaa;
	}
}

/* A logical partition is where its own record says, and both lie in the container. */
static void judge_logical(const struct table_part *part, unsigned number)
{
	const uint8_t *entry = disk + part->entry_at_bytes;

	MUST(part->number == number && part->container == 2);
	MUST(part->ebr_lba >= CONTAINER_LBA && part->ebr_lba < CONTAINER_END);
	MUST(part->start_lba > part->ebr_lba && part->size_sectors > 0);
	MUST(part->start_lba + part->size_sectors <= CONTAINER_END);
	MUST(part->entry_at_bytes / TABLE_SECTOR_BYTES == part->ebr_lba);
	MUST(part->ebr_lba + le32_at(entry + MBR_START_LBA_AT) == part->start_lba);
	MUST(le32_at(entry + MBR_SECTORS_AT) == part->size_sectors);
	MUST(entry[MBR_TYPE_AT] == part->type && part->type != 0 && part->type != 0x05 &&
	     part->type != 0x0f && part->type != 0x85);
}

/* Returns how many logical partitions there are. */
static unsigned judge_parts(unsigned flags)
{
	unsigned primary = flags & FLAG_BEHIND ? 3 : 2;

	MUST(table.ops == &table_mbr && table.parts.count >= primary);
	for (size_t i = primary; i < table.parts.count; i++)
		judge_logical(&table.parts.parts[i], (unsigned)(i - primary) + 5);
	MUST(table.parts.count - primary <= MBR_LOGICAL_MAX);
	return (unsigned)table.parts.count - primary;
}

/* Outside of the target's room, only end CHS and size of the target's entry and of its container's;
 * no record of another partition, and no sector of one, may be written. */
static void judge_set(const struct write_set *set, bool alone)
{
	const struct table_part *target = &set->target;
	uint64_t room_at = write_set_target_at_bytes(set), end = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct write_range *range = &set->ranges[i];
		bool is_room = range->kind == WRITE_ANYTHING;
		bool is_own = range->at == target->entry_at_bytes + MBR_END_CHS_AT ||
			      range->at == target->entry_at_bytes + MBR_SECTORS_AT;
		bool is_container =
			target->container == 2 &&
			(range->at == MBR_ENTRIES_AT + MBR_ENTRY_BYTES + MBR_END_CHS_AT ||
			 range->at == MBR_ENTRIES_AT + MBR_ENTRY_BYTES + MBR_SECTORS_AT);

		MUST(range->at >= end && range->bytes > 0);
		end = range->at + range->bytes;
		MUST(is_room ? range->at == room_at && !alone : is_own || is_container);
		for (size_t j = 0; is_room && j < table.parts.count; j++) {
			const struct table_part *other = &table.parts.parts[j];
			uint64_t record_at = other->ebr_lba * TABLE_SECTOR_BYTES;

			if (other->number == target->number || other->is_container)
				continue;
			MUST(end <= other->start_lba * TABLE_SECTOR_BYTES ||
			     range->at >=
				     (other->start_lba + other->size_sectors) * TABLE_SECTOR_BYTES);
			MUST(other->container == 0 || end <= record_at ||
			     range->at >= record_at + TABLE_SECTOR_BYTES);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct table_memory memory = { .bytes = disk, .size_bytes = sizeof(disk) };
	struct table_source source = table_source_memory(&memory);
	struct write_request request;
	struct write_set set;
	enum table_answer answer;

	if (size_bytes < ASKED_BYTES)
		return 0;
	make_disk(data + ASKED_BYTES, size_bytes - ASKED_BYTES, data[1]);
	request = (struct write_request){ .size_after_bytes =
						  sizeof(disk) + 512 * (uint64_t)le16_at(data + 2),
					  .partition = data[0] % 16,
					  .partition_only = data[1] & FLAG_ALONE };
	answer = table_read(&source, &table);
	if (write_set_make(&source, &request, &set) < 0)
		return 0;
	MUST(answer == TABLE_GOOD);
	if (judge_parts(data[1]) > 0)
		fuzz_accepted++;
	judge_set(&set, request.partition_only);
	write_set_close(&set);
	return 0;
}
