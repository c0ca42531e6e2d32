/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write sets of logical partitions, and of disks without a table. The tests count by the layout
 * of the boot records, not by the code. */
#include "boot_record.h"
#include "host/log/write_set.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR	     512
#define DISK_SECTORS 1000
#define GROWN	     2000

static uint8_t disk[DISK_SECTORS * SECTOR], after[GROWN * SECTOR];

static void entry(size_t record, unsigned index, uint8_t type, uint32_t start, uint32_t sectors)
{
	put_boot_entry(disk + record * SECTOR, index, type, start, sectors);
}

/* A primary, a container from 100 to 900, and in it logical ones at 110 and 310. */
static void make_disk(void)
{
	memset(disk, 0, sizeof(disk));
	entry(0, 0, 0x83, 10, 90);
	entry(0, 1, 0x05, 100, 800);
	entry(100, 0, 0x83, 10, 100);
	entry(100, 1, 0x05, 200, 210);
	entry(300, 0, 0x83, 10, 200);
}

static int make(unsigned number, uint64_t sectors, struct write_set *set)
{
	struct table_memory memory = { .bytes = disk, .size_bytes = sizeof(disk) };
	struct table_source source = table_source_memory(&memory);
	struct write_request request = { .size_after_bytes = sectors * SECTOR,
					 .partition = number };

	return write_set_make(&source, &request, set);
}

static bool may(const struct write_set *set, size_t record, size_t at, const void *bytes,
		size_t count)
{
	uint64_t first;

	memset(after, 0, sizeof(after));
	memcpy(after, disk, sizeof(disk));
	memcpy(after + record * SECTOR + at, bytes, count);
	return write_set_judge(set, record * SECTOR, disk + record * SECTOR,
			       after + record * SECTOR, SECTOR, &first) == 0;
}

static bool may_be(const struct write_set *set, size_t record, unsigned index, uint32_t sectors)
{
	uint8_t bytes[4];

	put_le32(bytes, sectors);
	return may(set, record, 446 + 16 * index + 12, bytes, 4);
}

static void the_last_one_grows_with_its_container(void **state)
{
	struct write_set set;

	(void)state;
	make_disk();
	assert_int_equal(make(0, GROWN, &set), 0);
	assert_int_equal(set.target.number, 6);
	assert_int_equal(set.target_end_lba, GROWN);
	assert_true(may_be(&set, 0, 1, GROWN - 100));
	assert_false(may_be(&set, 0, 1, GROWN - 99));
	assert_false(may_be(&set, 0, 1, 799));
	assert_true(may_be(&set, 300, 0, GROWN - 310));
	assert_false(may_be(&set, 300, 0, GROWN - 309));
	assert_false(may_be(&set, 300, 0, 199));
	write_set_close(&set);
}

static void nothing_else_of_a_record_changes(void **state)
{
	struct write_set set;

	(void)state;
	make_disk();
	assert_int_equal(make(6, GROWN, &set), 0);
	for (size_t i = 0; i < SECTOR; i++) {
		uint8_t other[3] = { 0xfe, 0xff, 0xff };
		size_t records[] = { 0, 100, 300 };

		for (int r = 0; r < 3; r++) {
			size_t own = r == 0 ? 446 + 16 : 446;
			bool is_end_chs = r != 1 && i == own + 5;
			bool is_size = r != 1 && i >= own + 12 && i < own + 16;

			other[0] = (uint8_t)~disk[records[r] * SECTOR + i];
			if (!is_end_chs && !is_size)
				assert_false(may(&set, records[r], i, other, 1));
		}
	}
	write_set_close(&set);
}

static void the_room_is_all_of_the_target_and_no_more(void **state)
{
	uint64_t at = 0, bytes;
	struct write_set set;

	(void)state;
	make_disk();
	entry(0, 2, 0x83, 950, 50);
	assert_int_equal(make(6, GROWN, &set), 0);
	assert_int_equal(set.target_end_lba, 950);
	assert_true(may_be(&set, 0, 1, 850));
	assert_false(may_be(&set, 0, 1, 851));
	assert_true(write_set_next(&set, &at, GROWN * SECTOR, &bytes));
	assert_int_equal(at + bytes, 310 * SECTOR);
	at += bytes;
	assert_true(write_set_next(&set, &at, GROWN * SECTOR, &bytes));
	assert_int_equal(at, 950 * SECTOR);
	write_set_close(&set);
}

/* Its room ends at the record of the next one: the container has it already. */
static void one_in_the_middle_leaves_the_container(void **state)
{
	struct write_set set;

	(void)state;
	make_disk();
	assert_int_equal(make(5, GROWN, &set), 0);
	assert_int_equal(set.target_end_lba, 300);
	assert_false(may_be(&set, 0, 1, 801));
	assert_true(may_be(&set, 100, 0, 190));
	assert_false(may_be(&set, 100, 0, 191));
	write_set_close(&set);
}

static void a_primary_before_a_container_ends_at_it(void **state)
{
	struct write_set set;

	(void)state;
	make_disk();
	entry(0, 0, 0x83, 10, 50);
	assert_int_equal(make(1, GROWN, &set), 0);
	assert_int_equal(set.target_end_lba, 100);
	write_set_close(&set);
	assert_int_equal(make(2, GROWN, &set), -1); /* a container is no target */
	assert_int_equal(make(7, GROWN, &set), -1);
	entry(300, 0, 0x83, 10, 600); /* out of the container */
	assert_int_equal(make(0, GROWN, &set), -1);
}

static void without_a_table_all_is_the_file_systems(void **state)
{
	uint64_t at = 0, bytes;
	struct write_set set;

	(void)state;
	memset(disk, 0, sizeof(disk));
	memcpy(disk + 1080, "\x53\xef", 2);
	assert_int_equal(make(0, GROWN, &set), 0);
	assert_int_equal(set.target.number, 0);
	assert_int_equal(set.target_end_lba, GROWN);
	assert_false(may(&set, 0, 0, "x", 1));
	assert_false(may(&set, 1, 511, "x", 1));
	assert_true(may(&set, 2, 0, "x", 1));
	assert_true(write_set_next(&set, &at, GROWN * SECTOR, &bytes));
	assert_int_equal(at, 0);
	assert_int_equal(bytes, 1024);
	at += bytes;
	assert_false(write_set_next(&set, &at, GROWN * SECTOR, &bytes));
	write_set_close(&set);
	assert_int_equal(make(1, GROWN, &set), -1);
	assert_int_equal(make(0, DISK_SECTORS - 1, &set), -1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_last_one_grows_with_its_container),
	cmocka_unit_test(nothing_else_of_a_record_changes),
	cmocka_unit_test(the_room_is_all_of_the_target_and_no_more),
	cmocka_unit_test(one_in_the_middle_leaves_the_container),
	cmocka_unit_test(a_primary_before_a_container_ends_at_it),
	cmocka_unit_test(without_a_table_all_is_the_file_systems),
};
UNIT_MAIN(tests)
