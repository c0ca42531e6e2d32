/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/table: every field of a GPT forged, other sizes and places; the MBR. */
#include "gpt_disk.h"
#include "table/gpt.h"
#include "unit.h"

static struct table table; /* large */

static enum table_answer read_disk(struct gpt_disk *disk)
{
	struct table_source source = gpt_disk_source(disk);

	return table_read(&source, &table);
}

/* Two partitions: number 3 at 64..127, number 1 behind it at 200..399. */
static struct gpt_disk make_disk(void)
{
	struct gpt_disk disk = { .sectors = 600 };

	gpt_disk_make(&disk);
	gpt_disk_part(&disk, 3, 64, 127);
	gpt_disk_part(&disk, 1, 200, 399);
	gpt_disk_seal(&disk);
	return disk;
}

static void what_is_read(void **state)
{
	struct gpt_disk disk = make_disk();

	(void)state;
	assert_int_equal(read_disk(&disk), TABLE_GOOD);
	assert_ptr_equal(table.ops, &table_gpt);
	assert_int_equal(table.sector_bytes, 512);
	assert_int_equal(table.parts.count, 2);
	assert_int_equal(table.parts.parts[0].number, 1);
	assert_int_equal(table.parts.parts[0].start_lba, 200);
	assert_int_equal(table.parts.parts[0].size_sectors, 200);
	assert_int_equal(table.parts.parts[1].number, 3);
	assert_int_equal(table.parts.parts[1].type_guid[15], 0x83);
	assert_int_equal(table_choose(&table.parts, 0)->number, 1);
	assert_int_equal(table_needs_sectors(&table.parts), 400);
	assert_int_equal(table_room_end_lba(&table.parts, &table.parts.parts[1], 566), 200);
	assert_int_equal(table_room_end_lba(&table.parts, &table.parts.parts[0], 566), 566);
	gpt_disk_free(&disk);
}

static void every_bit_is_in_a_checksum(void **state)
{
	struct gpt_disk disk = make_disk();

	(void)state;
	for (size_t at = 512; at < 512 + 92; at++)
		for (int bit = 0; bit < 8; bit++) {
			disk.bytes[at] ^= (uint8_t)(1 << bit);
			assert_int_equal(read_disk(&disk), TABLE_DAMAGED);
			disk.bytes[at] ^= (uint8_t)(1 << bit);
		}
	for (size_t at = 1024; at < 1024 + 128 * 128; at += 61) {
		disk.bytes[at] ^= 1;
		assert_int_equal(read_disk(&disk), TABLE_DAMAGED);
		disk.bytes[at] ^= 1;
	}
	/* What lies behind the header, and the backup, are not the primary's. */
	disk.bytes[512 + 92] ^= 1;
	disk.bytes[disk.size_bytes - 512] ^= 1;
	assert_int_equal(read_disk(&disk), TABLE_GOOD);
	gpt_disk_free(&disk);
}

/* Fields that are wrong in a header whose checksum is right. */
static void forged_headers(void **state)
{
	static const struct {
		size_t at, bytes;
		uint64_t value;
		enum table_answer answer;
	} cases[] = {
		{ 12, 4, 91, TABLE_DAMAGED },
		{ 12, 4, 513, TABLE_DAMAGED },
		{ 12, 4, UINT32_MAX, TABLE_DAMAGED },
		{ 24, 8, 0, TABLE_DAMAGED },
		{ 24, 8, 2, TABLE_DAMAGED },
		{ 40, 8, 33, TABLE_INVALID }, /* the entries end behind it */
		{ 40, 8, 0, TABLE_INVALID },
		{ 40, 8, 65, TABLE_INVALID }, /* a partition begins before it */
		{ 40, 8, 567, TABLE_INVALID },
		{ 40, 8, UINT64_MAX, TABLE_INVALID },
		{ 48, 8, 398, TABLE_INVALID }, /* a partition ends behind it */
		{ 48, 8, 0, TABLE_INVALID },
		{ 48, 8, INT64_MAX / 512, TABLE_INVALID },
		{ 48, 8, UINT64_MAX, TABLE_INVALID },
		{ 72, 8, 0, TABLE_DAMAGED },
		{ 72, 8, 1, TABLE_DAMAGED },
		{ 72, 8, 599, TABLE_DAMAGED },
		{ 72, 8, UINT64_MAX, TABLE_DAMAGED },
		{ 80, 4, 0, TABLE_INVALID },
		{ 80, 4, 127, TABLE_DAMAGED },
		{ 80, 4, 1025, TABLE_INVALID },
		{ 80, 4, UINT32_MAX, TABLE_INVALID },
		{ 84, 4, 0, TABLE_INVALID },
		{ 84, 4, 64, TABLE_INVALID },
		{ 84, 4, 127, TABLE_INVALID },
		{ 84, 4, 640, TABLE_INVALID },
		{ 84, 4, UINT32_MAX, TABLE_INVALID },
		{ 88, 4, 0, TABLE_DAMAGED },
		/* What the reader does not need. */
		{ 8, 4, 0x20000, TABLE_GOOD },
		{ 20, 4, 1, TABLE_GOOD },
		{ 32, 8, UINT64_MAX, TABLE_GOOD },
		{ 48, 8, UINT32_MAX, TABLE_GOOD },
		{ 56, 8, 0, TABLE_GOOD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gpt_disk disk = make_disk();
		uint8_t *header = disk.bytes + 512;

		for (size_t byte = 0; byte < cases[i].bytes; byte++)
			header[cases[i].at + byte] = (uint8_t)(cases[i].value >> 8 * byte);
		gpt_disk_seal_header(&disk, 1);
		assert_int_equal(read_disk(&disk), cases[i].answer);
		gpt_disk_free(&disk);
	}
}

/* The second partition from first to last, where the other one is at 64..127. */
static void entries_that_make_no_sense(void **state)
{
	static const struct {
		uint64_t first, last;
		enum table_answer answer;
	} cases[] = {
		{ 34, 63, TABLE_GOOD },
		{ 33, 63, TABLE_INVALID }, /* in the entries */
		{ 0, 63, TABLE_INVALID },
		{ 34, 64, TABLE_INVALID },
		{ 127, 200, TABLE_INVALID },
		{ 128, 128, TABLE_GOOD },
		{ 70, 80, TABLE_INVALID },
		{ 40, 566, TABLE_INVALID },
		{ 128, 566, TABLE_GOOD },
		{ 128, 567, TABLE_INVALID },
		{ 200, 199, TABLE_INVALID },
		{ 128, UINT64_MAX, TABLE_INVALID },
		{ UINT64_MAX, UINT64_MAX, TABLE_INVALID },
		{ UINT64_MAX, 0, TABLE_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gpt_disk disk = make_disk();

		gpt_disk_part(&disk, 1, cases[i].first, cases[i].last);
		gpt_disk_seal(&disk);
		assert_int_equal(read_disk(&disk), cases[i].answer);
		gpt_disk_free(&disk);
	}
}

static void other_sizes_and_places(void **state)
{
	static const struct gpt_disk specs[] = {
		{ .count = 4 },
		{ .count = 56 },
		{ .count = 5, .sector_bytes = 4096 },
		{ .count = 1024 },
		{ .count = 1024, .entry_bytes = 512 },
		{ .entry_bytes = 256 },
		{ .entry_bytes = 512, .sector_bytes = 4096 },
		{ .entry_bytes = 384 },
		{ .header_bytes = 512 },
		{ .header_bytes = 4096, .sector_bytes = 4096 },
		{ .entries_lba = 20, .first_usable = 60 },
		{ .entries_lba = 900, .first_usable = 932 },
		{ .sector_bytes = 4096 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct gpt_disk disk = specs[i];
		struct table_source source;

		disk.sectors = 4000;
		gpt_disk_make(&disk);
		gpt_disk_part(&disk, disk.count, disk.first_usable, disk.last_usable);
		gpt_disk_seal(&disk);
		assert_int_equal(read_disk(&disk), TABLE_GOOD);
		assert_int_equal(table.sector_bytes, disk.sector_bytes);
		assert_int_equal(table.parts.count, 1);
		assert_int_equal(table.parts.parts[0].number, disk.count);
		assert_int_equal(table_needs_sectors(&table.parts), disk.last_usable + 1);
		/* By the backup alone. */
		source = gpt_disk_source(&disk);
		assert_int_equal(table_sector_bytes(&source), disk.sector_bytes);
		gpt_disk_at(&disk, 1)[60] ^= 1;
		assert_int_equal(read_disk(&disk), TABLE_DAMAGED);
		assert_int_equal(table_sector_bytes(&source), disk.sector_bytes);
		gpt_disk_at(&disk, 3999)[60] ^= 1;
		assert_int_equal(table_sector_bytes(&source), 512);
		gpt_disk_free(&disk);
	}
}

static void copies(void **state)
{
	struct gpt_disk disk = make_disk();
	struct table_source source = gpt_disk_source(&disk);
	struct gpt_copy primary, backup;
	uint32_t sector_bytes;

	(void)state;
	assert_int_equal(gpt_copy_read(&source, 512, 1, &primary), TABLE_GOOD);
	assert_int_equal(gpt_backup_read(&source, disk.size_bytes, &sector_bytes, &backup),
			 TABLE_GOOD);
	assert_int_equal(sector_bytes, 512);
	assert_int_equal(backup.header.my_lba, 599);
	assert_true(gpt_copies_agree(&primary, &backup));
	backup.entries[5]++;
	assert_false(gpt_copies_agree(&primary, &backup));
	backup.entries[5]--;
	for (size_t i = 0; i < 4; i++) {
		uint64_t *const fields[] = { &backup.header.first_usable_lba,
					     &backup.header.last_usable_lba, NULL, NULL };
		uint64_t *field = i < 2 ? fields[i] : NULL;

		if (field)
			++*field;
		else
			backup.header.disk_guid[(i - 2) * 15]++;
		assert_false(gpt_copies_agree(&primary, &backup));
		if (field)
			--*field;
		else
			backup.header.disk_guid[(i - 2) * 15]--;
	}
	backup.header.entry_count--;
	assert_false(gpt_copies_agree(&primary, &backup));
	gpt_copy_free(&primary);
	gpt_copy_free(&backup);
	assert_int_equal(gpt_copy_read(&source, 512, 2, &primary), TABLE_NONE);
	gpt_copy_free(&primary);
	assert_int_equal(gpt_copy_read(&source, 512, UINT64_MAX, &primary), TABLE_NONE);
	gpt_copy_free(&primary);
	/* The primary is no backup. */
	assert_int_equal(gpt_backup_read(&source, 1024, &sector_bytes, &backup), TABLE_NONE);
	gpt_copy_free(&backup);
	gpt_disk_free(&disk);
}

static void sums_of_known_bytes(void **state)
{
	(void)state;
	assert_int_equal(gpt_crc32((const uint8_t *)"123456789", 9), 0xcbf43926);
	assert_int_equal(gpt_crc32(NULL, 0), 0);
}

static void arithmetic(void **state)
{
	struct gpt_header header = { .entry_count = 128, .entry_bytes = 128 };

	(void)state;
	assert_int_equal(gpt_last_usable_lba(&header, 131072, 512), 131038);
	assert_int_equal(gpt_last_usable_lba(&header, 16384, 4096), 16378);
	assert_int_equal(gpt_last_usable_lba(&header, 35, 512), 1);
	assert_int_equal(gpt_last_usable_lba(&header, 34, 512), 0);
	assert_int_equal(gpt_last_usable_lba(&header, 0, 512), 0);
	assert_int_equal(gpt_size_for(100, 119, 512), 112);
	assert_int_equal(gpt_size_for(100, 120, 512), 120);
	assert_int_equal(gpt_size_for(117, 119, 512), 117);
	assert_int_equal(gpt_size_for(100, 119, 4096), 119);
}

/* A disk that is cut off anywhere is not read beyond its end. */
static void short_disks(void **state)
{
	struct gpt_disk disk = make_disk();
	uint8_t *all = disk.bytes;

	(void)state;
	for (size_t size = 0; size < 40 * 512; size += size < 2000 ? 1 : 61) {
		struct gpt_disk cut = { .bytes = malloc(size ? size : 1), .size_bytes = size };

		memcpy(cut.bytes, all, size);
		assert_int_equal(read_disk(&cut), size < 512	    ? TABLE_NONE
						  : size < 34 * 512 ? TABLE_DAMAGED
								    : TABLE_GOOD);
		gpt_disk_free(&cut);
	}
	gpt_disk_free(&disk);
}

/* Which table the first sector announces. */
static void what_protects_a_gpt(void **state)
{
	struct gpt_disk disk = make_disk();
	uint8_t *entry = disk.bytes + 446;

	(void)state;
	entry[4] = 0x83; /* an MBR, whatever lies in LBA 1 */
	assert_int_equal(read_disk(&disk), TABLE_GOOD);
	assert_ptr_equal(table.ops, &table_mbr);
	assert_int_equal(table.parts.parts[0].start_lba, 1);
	memcpy(entry + 32, entry, 16);
	entry[32 + 4] = 0xee; /* a hybrid: a GPT all the same */
	assert_int_equal(read_disk(&disk), TABLE_GOOD);
	assert_ptr_equal(table.ops, &table_gpt);
	put32(entry + 32 + 8, 2); /* it does not protect LBA 1 */
	assert_int_equal(read_disk(&disk), TABLE_GOOD);
	assert_ptr_equal(table.ops, &table_mbr);
	put32(entry + 32 + 8, 1);
	memset(disk.bytes + 512, 0, 8); /* no header where one is announced */
	assert_int_equal(read_disk(&disk), TABLE_DAMAGED);
	disk.bytes[511] = 0;
	assert_int_equal(read_disk(&disk), TABLE_NONE);
	gpt_disk_free(&disk);
}

static int fail_at(void *context, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	const struct gpt_disk *disk = context;

	if (at_bytes >= disk->entries_lba)
		return -1;
	memcpy(bytes, disk->bytes + at_bytes, size_bytes);
	return 0;
}

static void a_disk_that_fails(void **state)
{
	static const uint64_t places[] = { 0, 1, 513, 1025, 5000 };
	struct gpt_disk disk = make_disk();
	struct table_source source = { fail_at, &disk, disk.size_bytes };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		disk.entries_lba = places[i];
		assert_int_equal(table_read(&source, &table),
				 places[i] <= 1024 ? TABLE_UNREADABLE : TABLE_GOOD);
	}
	gpt_disk_free(&disk);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_read),
	cmocka_unit_test(every_bit_is_in_a_checksum),
	cmocka_unit_test(forged_headers),
	cmocka_unit_test(entries_that_make_no_sense),
	cmocka_unit_test(other_sizes_and_places),
	cmocka_unit_test(copies),
	cmocka_unit_test(sums_of_known_bytes),
	cmocka_unit_test(arithmetic),
	cmocka_unit_test(short_disks),
	cmocka_unit_test(what_protects_a_gpt),
	cmocka_unit_test(a_disk_that_fails),
};
UNIT_MAIN(tests)
