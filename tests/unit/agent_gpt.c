/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/agent/partition/gpt_*.c: both copies judged, and the list of writes. What the bytes have
 * to be on a whole disk, tests/matrix/gpt.t judges by other programs. */
#include "agent/partition/gpt_change.h"
#include "base/bytes.h"
#include "table/gpt_text.h"
#include "table/mbr.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR	512
#define SECTORS 1000 /* of the disk before */
#define COUNT	8    /* entries: two sectors */
#define TAIL	3    /* with the header */
#define START	100

struct disk_image {
	uint8_t bytes[2 * SECTORS * SECTOR];
	struct table_memory memory;
};

static void seal(uint8_t *header)
{
	set_le32(header + GPT_HEADER_CRC_AT, gpt_header_crc32(header, GPT_HEADER_BYTES_MIN));
}

static void put_copy(struct disk_image *disk, uint64_t my_lba, uint64_t other_lba,
		     uint64_t entries_lba, uint64_t last_lba)
{
	uint8_t *header = disk->bytes + my_lba * SECTOR;
	uint8_t *entries = disk->bytes + entries_lba * SECTOR;

	memcpy(header, GPT_SIGNATURE, GPT_SIGNATURE_BYTES);
	set_le32(header + GPT_HEADER_BYTES_AT, GPT_HEADER_BYTES_MIN);
	set_le64(header + GPT_MY_LBA_AT, my_lba);
	set_le64(header + GPT_ALTERNATE_LBA_AT, other_lba);
	set_le64(header + GPT_FIRST_USABLE_AT, 10);
	set_le64(header + GPT_LAST_USABLE_AT, SECTORS - TAIL - 1);
	set_le64(header + GPT_ENTRIES_LBA_AT, entries_lba);
	set_le32(header + GPT_ENTRY_COUNT_AT, COUNT);
	set_le32(header + GPT_ENTRY_BYTES_AT, 128);
	memset(entries + GPT_TYPE_GUID_AT, 7, TABLE_GUID_BYTES);
	set_le64(entries + GPT_FIRST_LBA_AT, START);
	set_le64(entries + GPT_LAST_LBA_AT, last_lba);
	set_le32(header + GPT_ENTRIES_CRC_AT, gpt_crc32(entries, COUNT * 128));
	seal(header);
}

/* Partition 1 up to that sector, and the backup at the end. */
static struct disk_image *make_disk(uint64_t last_lba)
{
	struct disk_image *disk = calloc(1, sizeof(*disk));

	assert_non_null(disk);
	put_copy(disk, 1, SECTORS - 1, 2, last_lba);
	put_copy(disk, SECTORS - 1, 1, SECTORS - TAIL, last_lba);
	disk->memory =
		(struct table_memory){ .bytes = disk->bytes, .size_bytes = sizeof(disk->bytes) };
	return disk;
}

static int read_state(struct disk_image *disk, bool may_repair, uint64_t sectors_before,
		      struct gpt_state *state, struct fault *fault)
{
	struct table_source source = table_source_memory(&disk->memory);
	struct gpt_wish wish = { .sectors_before = sectors_before, .may_repair = may_repair };

	return gpt_state_read(&source, SECTOR, &wish, state, fault);
}

static void assert_repairs(struct disk_image *disk, uint64_t sectors_before, unsigned repairs)
{
	cleanup_gpt_state struct gpt_state state;
	struct fault fault;

	if (read_state(disk, true, sectors_before, &state, &fault) < 0)
		fail_msg("%s", fault.message);
	assert_int_equal(state.repairs, repairs);
}

static void assert_refused(struct disk_image *disk, bool may_repair, enum reason reason)
{
	cleanup_gpt_state struct gpt_state state;
	struct fault fault;

	assert_int_equal(read_state(disk, may_repair, SECTORS, &state, &fault), -1);
	assert_int_equal(fault.reason, reason);
}

static void what_is_wrong_with_a_backup_is_told(void **state)
{
	struct disk_image *disk = make_disk(500);

	(void)state;
	assert_repairs(disk, SECTORS, 0);
	assert_repairs(disk, 0, 0);
	assert_repairs(disk, SECTORS + 5, TABLE_REPAIR_BACKUP_MISPLACED);
	disk->bytes[(SECTORS - TAIL) * SECTOR + 700] ^= 1;
	assert_repairs(disk, SECTORS, TABLE_REPAIR_BACKUP_DAMAGED);
	memset(disk->bytes + (SECTORS - 1) * SECTOR, 0, SECTOR);
	assert_repairs(disk, SECTORS, TABLE_REPAIR_BACKUP_MISSING);
	/* A header that names itself as its backup has none; nor one that points behind the disk.
	 */
	put_copy(disk, 1, 1, 2, 500);
	assert_repairs(disk, SECTORS, TABLE_REPAIR_BACKUP_MISSING);
	put_copy(disk, 1, UINT64_MAX, 2, 500);
	assert_repairs(disk, SECTORS, TABLE_REPAIR_BACKUP_MISSING);
	free(disk);
}

static void copies_that_contradict_each_other_are_refused(void **state)
{
	struct disk_image *disk = make_disk(500);

	(void)state;
	put_copy(disk, SECTORS - 1, 1, SECTORS - TAIL, 501);
	assert_refused(disk, true, REASON_TABLE_DAMAGED);
	free(disk);
}

static void a_damaged_primary_is_made_from_the_backup(void **unused)
{
	struct disk_image *disk = make_disk(500);
	cleanup_gpt_state struct gpt_state state = { 0 };
	uint8_t before[3 * SECTOR];
	struct fault fault;

	(void)unused;
	memcpy(before, disk->bytes + SECTOR, sizeof(before));
	memset(disk->bytes + SECTOR, 0, sizeof(before));
	assert_refused(disk, false, REASON_TABLE_DAMAGED);
	assert_int_equal(read_state(disk, true, SECTORS, &state, &fault), 0);
	assert_int_equal(state.repairs, TABLE_REPAIR_PRIMARY_DAMAGED);
	assert_memory_equal(state.primary.header_sector, before, SECTOR);
	assert_memory_equal(state.primary.entries, before + SECTOR, COUNT * 128);
	free(disk);
}

static void without_room_for_entries_it_is_not(void **state)
{
	struct disk_image *disk = make_disk(500);
	uint8_t *backup = disk->bytes + (SECTORS - 1) * SECTOR;

	(void)state;
	memset(disk->bytes + SECTOR, 0, SECTOR);
	set_le64(backup + GPT_FIRST_USABLE_AT, 3);
	seal(backup);
	assert_refused(disk, true, REASON_TABLE_DAMAGED);
	set_le64(backup + GPT_FIRST_USABLE_AT, 4);
	seal(backup);
	assert_repairs(disk, SECTORS, TABLE_REPAIR_PRIMARY_DAMAGED);
	/* Where the disk ended before is all that tells where the backup is. */
	backup[0] = 0;
	assert_refused(disk, true, REASON_TABLE_DAMAGED);
	free(disk);
}

static void entries_behind_the_first_usable_sector_are_refused(void **state)
{
	struct disk_image *disk = make_disk(500);

	(void)state;
	put_copy(disk, 1, SECTORS - 1, 600, 500);
	assert_refused(disk, true, REASON_TABLE_INVALID);
	free(disk);
}

static struct plan plan_for(uint64_t sectors_after)
{
	return (struct plan){ .number = 1,
			      .start_lba = START,
			      .sectors_before = 401,
			      .sectors_after = sectors_after,
			      .sector_bytes = SECTOR,
			      .disk_sectors = 2 * SECTORS,
			      .tail_sectors = TAIL };
}

/* The writes, one a line: sector (or byte), and how many. */
static void assert_writes(const struct gpt_change *change, size_t from, size_t count,
			  const uint64_t (*expected)[2])
{
	assert_int_equal(change->count, from + count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(change->writes[from + i].at_bytes, expected[i][0]);
		assert_int_equal(change->writes[from + i].size_bytes, expected[i][1]);
	}
}

static void only_the_table_is_written(void **unused)
{
	static const uint64_t expected[][2] = {
		{ (2 * SECTORS - TAIL) * SECTOR, (TAIL - 1) * SECTOR },
		{ (2 * SECTORS - 1) * SECTOR, SECTOR },
		{ 2 * SECTOR, COUNT * 128 },
		{ SECTOR, SECTOR },
	};
	static const struct {
		uint64_t sectors_after, zeroed[2][2]; /* first sector, count: of header, entries */
	} cases[] = {
		{ 897, { { 0 } } },		     /* up to the backup */
		{ 898, { { 997, 1 } } },	     /* into its entries */
		{ 899, { { 997, 2 } } },	     /* all of them */
		{ 900, { { 999, 1 }, { 997, 2 } } }, /* and its header */
		{ 1500, { { 999, 1 }, { 997, 2 } } },
	};
	struct disk_image *disk = make_disk(500);
	cleanup_gpt_state struct gpt_state state = { 0 };
	struct fault fault;

	(void)unused;
	assert_int_equal(read_state(disk, false, SECTORS, &state, &fault), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan plan = plan_for(cases[i].sectors_after);
		cleanup_gpt_change struct gpt_change change;
		size_t zeroed = 0;

		assert_int_equal(gpt_change_make(&state, disk->bytes, &plan, &change, &fault), 0);
		for (; zeroed < 2 && cases[i].zeroed[zeroed][1] != 0; zeroed++) {
			const struct gpt_write *write = &change.writes[zeroed];
			uint64_t bytes = cases[i].zeroed[zeroed][1] * SECTOR;

			assert_int_equal(write->at_bytes, cases[i].zeroed[zeroed][0] * SECTOR);
			assert_int_equal(write->size_bytes, bytes);
			for (size_t at = 0; at < bytes; at++)
				assert_int_equal(write->bytes[at], 0);
		}
		assert_writes(&change, zeroed, 4, expected);
	}
	free(disk);
}

static void protect(uint8_t *first_sector, unsigned slot, unsigned type, uint32_t sectors)
{
	uint8_t *entry = first_sector + MBR_ENTRIES_AT + slot * MBR_ENTRY_BYTES;

	entry[MBR_TYPE_AT] = (uint8_t)type;
	set_le32(entry + MBR_SECTORS_AT, sectors);
}

/* What the fifth write makes of the first sector; 0: there is none. */
static uint32_t size_written(uint8_t *first_sector, uint64_t disk_sectors)
{
	struct disk_image *disk = make_disk(500);
	cleanup_gpt_state struct gpt_state state = { 0 };
	cleanup_gpt_change struct gpt_change change = { 0 };
	struct plan plan = plan_for(800);
	struct fault fault;
	uint32_t size = 0;

	plan.disk_sectors = disk_sectors;
	assert_int_equal(read_state(disk, false, SECTORS, &state, &fault), 0);
	assert_int_equal(gpt_change_make(&state, first_sector, &plan, &change, &fault), 0);
	if (change.count == 5) {
		assert_int_equal(change.writes[4].size_bytes, 4);
		size = le32_at(change.writes[4].bytes);
	}
	free(disk);
	return size;
}

static void the_first_sector_gets_the_size_alone(void **state)
{
	uint8_t first_sector[SECTOR] = { 0 };

	(void)state;
	assert_int_equal(size_written(first_sector, 2000), 0);
	protect(first_sector, 0, 0xee, 999);
	assert_int_equal(size_written(first_sector, 2000), 1999);
	assert_int_equal(size_written(first_sector, UINT64_C(1) << 32), UINT32_MAX);
	assert_int_equal(size_written(first_sector, UINT64_C(1) << 33), UINT32_MAX);
	protect(first_sector, 0, 0xee, UINT32_MAX);
	assert_int_equal(size_written(first_sector, 2000), 0);
	protect(first_sector, 0, 0xee, 999);
	protect(first_sector, 2, 0x0c, 5);
	assert_int_equal(size_written(first_sector, 2000), 0);
	protect(first_sector, 0, 0, 0);
	assert_int_equal(size_written(first_sector, 2000), 0);
	protect(first_sector, 2, 0xee, 5);
	assert_int_equal(size_written(first_sector, 2000), 1999);
}

static void texts_are_as_people_write_them(void **state)
{
	static const uint8_t guid[] = { 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47,
					0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4 };
	uint8_t name[GPT_NAME_BYTES] = { 'r',  0,   0xf6, 0,	0x3d, 0xd8, 0x00,
					 0xde, 'x', 0,	  0x00, 0xdc, 0x00, 0xd8 };
	char text[TABLE_NAME_CHARS];

	(void)state;
	gpt_text_guid(guid, text);
	assert_string_equal(text, "0FC63DAF-8483-4772-8E79-3D69D8477DE4");
	gpt_text_name(name, text);
	assert_string_equal(text, "r\xc3\xb6\xf0\x9f\x98\x80x\xef\xbf\xbd\xef\xbf\xbd");
	memset(name, 0xff, sizeof(name));
	gpt_text_name(name, text);
	assert_int_equal(strlen(text), TABLE_NAME_CHARS - 1);
	memset(name, 0xd8, sizeof(name));
	gpt_text_name(name, text);
	assert_int_equal(strlen(text), TABLE_NAME_CHARS - 1);
	memset(name, 0, sizeof(name));
	gpt_text_name(name, text);
	assert_string_equal(text, "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_wrong_with_a_backup_is_told),
	cmocka_unit_test(copies_that_contradict_each_other_are_refused),
	cmocka_unit_test(a_damaged_primary_is_made_from_the_backup),
	cmocka_unit_test(without_room_for_entries_it_is_not),
	cmocka_unit_test(entries_behind_the_first_usable_sector_are_refused),
	cmocka_unit_test(only_the_table_is_written),
	cmocka_unit_test(the_first_sector_gets_the_size_alone),
	cmocka_unit_test(texts_are_as_people_write_them),
};
UNIT_MAIN(tests)
