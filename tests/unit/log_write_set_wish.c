/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The write set where not all that a grow may do is asked for; on both kinds of table. */
#include "gpt_disk.h"
#include "host/log/write_set.h"
#include "unit.h"

#define SECTOR	      512
#define AFTER_SECTORS 2000

/* Partition 1 at 100..299 and 2, the last one, at 300..499, on a disk of 700 sectors. */
static struct gpt_disk make_gpt(void)
{
	struct gpt_disk disk = { .sectors = 700 };

	gpt_disk_make(&disk);
	gpt_disk_part(&disk, 1, 100, 299);
	gpt_disk_part(&disk, 2, 300, 499);
	gpt_disk_seal(&disk);
	return disk;
}

static struct gpt_disk make_mbr(void)
{
	struct gpt_disk disk = { .sectors = 700 };
	const uint32_t entries[2][2] = { { 100, 200 }, { 300, 200 } };

	gpt_disk_make(&disk);
	memset(disk.bytes, 0, disk.size_bytes);
	for (size_t i = 0; i < 2; i++) {
		disk.bytes[446 + 16 * i + 4] = 0x83;
		put32(disk.bytes + 446 + 16 * i + 8, entries[i][0]);
		put32(disk.bytes + 446 + 16 * i + 12, entries[i][1]);
	}
	disk.bytes[510] = 0x55;
	disk.bytes[511] = 0xaa;
	return disk;
}

static struct write_set make_set(struct gpt_disk *disk, struct write_request request)
{
	struct table_source source = gpt_disk_source(disk);
	struct write_set set;

	request.size_after_bytes = AFTER_SECTORS * SECTOR;
	assert_int_equal(write_set_make(&source, &request, &set), 0);
	for (size_t i = 1; i < set.count; i++)
		assert_true(set.ranges[i].at >= set.ranges[i - 1].at + set.ranges[i - 1].bytes);
	return set;
}

/* May a byte at the beginning or the end of a sector become that? */
static bool may_become(const struct write_set *set, uint64_t lba, uint8_t value)
{
	unsigned allowed = 0;

	for (size_t at = 0; at < SECTOR; at += SECTOR - 1) {
		uint8_t before[SECTOR], after[SECTOR];
		uint64_t first;

		memset(before, 1, SECTOR);
		memset(after, 1, SECTOR);
		after[at] = value;
		if (write_set_judge(set, lba * SECTOR, before, after, SECTOR, &first) == 0)
			allowed++;
	}
	assert_int_not_equal(allowed, 1);
	return allowed == 2;
}

/* Is the sector among those that the fence compares? */
static bool is_compared(const struct write_set *set, uint64_t lba)
{
	uint64_t at = lba * SECTOR, bytes;

	return write_set_next(set, &at, (lba + 1) * SECTOR, &bytes) && at == lba * SECTOR &&
	       bytes == SECTOR;
}

static void nothing_in_a_partition_that_grows_alone(void **state)
{
	struct gpt_disk disks[] = { make_mbr(), make_gpt() };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct write_set set =
			make_set(&disks[i], (struct write_request){ .partition_only = true });

		assert_int_equal(set.target.number, 2);
		for (uint64_t lba = 300; lba < 500; lba++) {
			assert_false(may_become(&set, lba, 0));
			assert_false(may_become(&set, lba, 2));
			assert_true(is_compared(&set, lba));
		}
		write_set_close(&set);
		gpt_disk_free(&disks[i]);
	}
}

/* Only a GPT leaves something there: its old backup. */
static void zeros_in_the_new_room_of_a_gpt(void **state)
{
	struct gpt_disk disks[] = { make_mbr(), make_gpt() };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct write_set set =
			make_set(&disks[i], (struct write_request){ .partition_only = true });
		uint64_t end_lba =
			i == 0 ? AFTER_SECTORS : 300 + (AFTER_SECTORS - 33 - 300) / 8 * 8;

		assert_int_equal(set.target_end_lba, end_lba);
		for (uint64_t lba = 500; lba < end_lba; lba++) {
			assert_int_equal(may_become(&set, lba, 0), i == 1);
			assert_false(may_become(&set, lba, 2));
			assert_true(is_compared(&set, lba));
		}
		assert_false(may_become(&set, end_lba, 0));
		write_set_close(&set);
		gpt_disk_free(&disks[i]);
	}
}

/* With and without what is in it, the table becomes the same. */
static void the_table_is_that_of_any_grow(void **state)
{
	struct gpt_disk disk = make_gpt();
	struct write_set all = make_set(&disk, (struct write_request){ 0 });
	struct write_set only = make_set(&disk, (struct write_request){ .partition_only = true });

	(void)state;
	assert_int_equal(only.count, all.count);
	for (size_t i = 0; i < all.count; i++) {
		if (all.ranges[i].kind != WRITE_BYTES)
			continue;
		assert_int_equal(only.ranges[i].at, all.ranges[i].at);
		assert_int_equal(only.ranges[i].bytes, all.ranges[i].bytes);
		assert_memory_equal(only.ranges[i].data, all.ranges[i].data, all.ranges[i].bytes);
	}
	write_set_close(&only);
	write_set_close(&all);
	gpt_disk_free(&disk);
}

/* Where the target ends at most, and one sector more or less of what stays free. */
static void what_stays_free_at_the_end(void **state)
{
	static const struct {
		uint64_t leave_bytes;
		unsigned partition;
		uint64_t end_of_mbr, end_of_gpt;
	} cases[] = {
		{ 0, 2, AFTER_SECTORS, 300 + 1664 },
		{ 1, 2, AFTER_SECTORS - 1, 300 + 1664 },
		{ 3 * SECTOR, 2, AFTER_SECTORS - 3, 300 + 1664 },
		{ 4 * SECTOR, 2, AFTER_SECTORS - 4, 300 + 1656 },
		{ 3 * SECTOR + 1, 2, AFTER_SECTORS - 4, 300 + 1656 },
		{ 1400 * SECTOR, 2, 600, 300 + 264 },
		{ 1500 * SECTOR, 2, 500, 500 },
		{ 5000 * SECTOR, 2, 500, 500 },
		{ UINT64_MAX, 2, 500, 500 },
		{ 4 * SECTOR, 1, 300, 300 }, /* another one ends its room */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct write_request request = { .leave_bytes = cases[i].leave_bytes,
						 .partition = cases[i].partition };
		struct gpt_disk disks[] = { make_mbr(), make_gpt() };
		const uint64_t ends[] = { cases[i].end_of_mbr, cases[i].end_of_gpt };

		for (size_t kind = 0; kind < 2; kind++) {
			struct write_set set = make_set(&disks[kind], request);

			assert_int_equal(set.target_end_lba, ends[kind]);
			assert_true(may_become(&set, ends[kind] - 1, 2));
			assert_false(may_become(&set, ends[kind], 2));
			write_set_close(&set);
			gpt_disk_free(&disks[kind]);
		}
	}
}

/* One that cannot grow has no room for zeros. */
static void a_partition_in_the_middle(void **state)
{
	struct gpt_disk disk = make_gpt();
	struct write_set set =
		make_set(&disk, (struct write_request){ .partition = 1, .partition_only = true });

	(void)state;
	for (uint64_t lba = 99; lba < 501; lba++)
		assert_false(may_become(&set, lba, 0));
	write_set_close(&set);
	gpt_disk_free(&disk);
}

static void no_partition_at_all(void **state)
{
	struct gpt_disk disk = { .sectors = 700 };
	struct write_request request = { .size_after_bytes = AFTER_SECTORS * SECTOR };
	struct table_source source;
	struct write_set set;

	(void)state;
	gpt_disk_make(&disk);
	memset(disk.bytes, 0, disk.size_bytes);
	memcpy(disk.bytes, "XFSB", 4);
	source = gpt_disk_source(&disk);
	assert_int_equal(write_set_make(&source, &request, &set), 0);
	write_set_close(&set);
	request.partition_only = true;
	assert_int_equal(write_set_make(&source, &request, &set), -1);
	gpt_disk_free(&disk);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nothing_in_a_partition_that_grows_alone),
	cmocka_unit_test(zeros_in_the_new_room_of_a_gpt),
	cmocka_unit_test(the_table_is_that_of_any_grow),
	cmocka_unit_test(what_stays_free_at_the_end),
	cmocka_unit_test(a_partition_in_the_middle),
	cmocka_unit_test(no_partition_at_all),
};
UNIT_MAIN(tests)
