/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/log/write_set.c, byte by byte around every border. The tests count by the
 * layout of a master boot record, not by the code. */
#include "host/log/write_set.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR	     512
#define DISK_SECTORS 10000

static void put(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void set_entry(uint8_t *sector, unsigned number, uint64_t start, uint64_t size)
{
	uint8_t *entry = sector + 446 + 16 * (number - 1);

	entry[4] = 0x83;
	put(entry + 8, start);
	put(entry + 12, size);
}

static void make_sector(uint8_t sector[SECTOR])
{
	memset(sector, 0, SECTOR);
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

/* The write set of a disk of which only the first sector is there. */
static int read_first_sector(void *context, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	assert_true(at_bytes + size_bytes <= SECTOR);
	memcpy(bytes, (const uint8_t *)context + at_bytes, size_bytes);
	return 0;
}

static int make(uint8_t sector[SECTOR], uint64_t size_after_bytes, unsigned number,
		struct write_set *ret_set)
{
	struct table_source source = { read_first_sector, sector, SECTOR };
	struct write_request request = { .size_after_bytes = size_after_bytes,
					 .partition = number };

	return write_set_make(&source, &request, ret_set);
}

/* Two partitions, the second of which is the last one by place. */
static struct write_set make_set(uint8_t sector[SECTOR], unsigned number)
{
	struct write_set set;

	make_sector(sector);
	set_entry(sector, 1, 100, 300);
	set_entry(sector, 2, 1000, 2000);
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, number, &set), 0);
	return set;
}

/* Whether one byte of the disk may become another one. */
static bool may_change(const struct write_set *set, uint64_t at)
{
	uint8_t before[3] = { 1, 1, 1 }, after[3] = { 1, 2, 1 };
	uint64_t first = UINT64_MAX;
	uint64_t count = write_set_judge(set, at - 1, before, after, 3, &first);

	assert_int_equal(count, first == UINT64_MAX ? 0 : 1);
	if (count == 1)
		assert_int_equal(first, at);
	return count == 0;
}

/* The end CHS and the number of sectors are other tests'. */
static void each_byte_of_the_first_sector(void **state)
{
	(void)state;
	for (unsigned number = 1; number <= 2; number++) {
		uint8_t before[SECTOR], after[SECTOR];
		struct write_set set = make_set(before, number);
		size_t entry = 446 + 16 * (number - 1);

		for (size_t at = 0; at < SECTOR; at++) {
			uint64_t first = 0;

			if ((at >= entry + 5 && at < entry + 8) ||
			    (at >= entry + 12 && at < entry + 16))
				continue;
			for (unsigned bit = 0; bit < 8; bit++) {
				memcpy(after, before, SECTOR);
				after[at] ^= (uint8_t)(1u << bit);
				assert_int_equal(
					write_set_judge(&set, 0, before, after, SECTOR, &first), 1);
				assert_int_equal(first, at);
			}
		}
	}
}

/* The last sector is 9999: head 158, sector 46 of 255/63; cylinder 9, head 14 of 16/63. */
static void the_end_chs_is_that_of_the_last_sector(void **state)
{
	static const struct {
		uint64_t disk_sectors;
		uint8_t chs[3];
		bool allowed;
	} cases[] = {
		{ DISK_SECTORS, { 158, 46, 0 }, true },
		{ DISK_SECTORS, { 14, 46, 9 }, true },
		{ DISK_SECTORS, { 14, 45, 9 }, false },
		{ DISK_SECTORS, { 158, 46, 1 }, false },
		{ DISK_SECTORS, { 0xfe, 0xff, 0xff }, false },
		{ DISK_SECTORS, { 1, 0, 0 }, false },
		/* Beyond cylinder 1023: capped. */
		{ UINT64_C(1) << 31, { 254, 0xff, 0xff }, true },
		{ UINT64_C(1) << 31, { 15, 0xff, 0xff }, true },
		{ UINT64_C(1) << 31, { 254, 0xff, 0xfe }, false },
		{ UINT64_C(1) << 31, { 254, 0xc0, 0xff }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t before[SECTOR], after[SECTOR];
		struct write_set set = make_set(before, 0);
		uint64_t first;

		assert_int_equal(make(before, cases[i].disk_sectors * SECTOR, 0, &set), 0);
		memcpy(after, before, SECTOR);
		memcpy(after + 446 + 16 + 5, cases[i].chs, 3);
		assert_int_equal(write_set_judge(&set, 0, before, after, SECTOR, &first) == 0,
				 cases[i].allowed);
	}
}

static void the_number_of_sectors_has_bounds(void **state)
{
	static const struct {
		uint64_t value;
		bool allowed;
	} cases[] = {
		{ 0, false },	 { 1999, false },	{ 2000, true },
		{ 2001, true },	 { 8999, true },	{ 9000, true },
		{ 9001, false }, { 0x80000000, false }, { 0xffffffff, false },
	};
	uint8_t before[SECTOR], after[SECTOR];
	struct write_set set = make_set(before, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t first = 0, count;

		memcpy(after, before, SECTOR);
		put(after + 446 + 16 + 12, cases[i].value);
		count = write_set_judge(&set, 0, before, after, SECTOR, &first);
		assert_int_equal(count == 0, cases[i].allowed);
		if (count > 0)
			assert_in_range(first, 446 + 16 + 12, 446 + 16 + 15);
	}
}

/* A partition in the middle ends where the next one begins. */
static void a_partition_in_the_middle(void **state)
{
	uint8_t sector[SECTOR], after[SECTOR];
	struct write_set set = make_set(sector, 1);
	uint64_t first;

	(void)state;
	assert_int_equal(set.target_end_lba, 1000);
	memcpy(after, sector, SECTOR);
	put(after + 446 + 12, 900);
	assert_int_equal(write_set_judge(&set, 0, sector, after, SECTOR, &first), 0);
	put(after + 446 + 12, 901);
	assert_true(write_set_judge(&set, 0, sector, after, SECTOR, &first) > 0);
	assert_false(may_change(&set, 100 * SECTOR - 1));
	assert_true(may_change(&set, 100 * SECTOR));
	assert_true(may_change(&set, 400 * SECTOR)); /* its old end is no border */
	assert_true(may_change(&set, 1000 * SECTOR - 1));
	assert_false(may_change(&set, 1000 * SECTOR));
}

static void around_the_target(void **state)
{
	uint8_t sector[SECTOR];
	struct write_set set = make_set(sector, 0);

	(void)state;
	assert_int_equal(set.target.number, 2);
	assert_int_equal(set.target_end_lba, DISK_SECTORS);
	for (uint64_t at = SECTOR; at < 3 * SECTOR; at++)
		assert_false(may_change(&set, at));
	for (uint64_t at = 998 * SECTOR; at < 1002 * SECTOR; at++)
		assert_int_equal(may_change(&set, at), at >= 1000 * SECTOR);
	for (uint64_t at = (DISK_SECTORS - 2) * SECTOR; at < (DISK_SECTORS + 2) * SECTOR; at++)
		assert_int_equal(may_change(&set, at), at < DISK_SECTORS * SECTOR);
}

/* A piece that has only a part of the number: it is not read beyond the piece. */
static void a_part_of_a_number_must_not_differ(void **state)
{
	uint8_t sector[SECTOR];
	struct write_set set = make_set(sector, 0);
	size_t number_at = 446 + 16 + 12;

	(void)state;
	for (size_t from = number_at - 1; from < number_at + 4; from++) {
		for (size_t to = from + 1; to <= number_at + 5; to++) {
			size_t size = to - from;
			uint8_t *before = malloc(size), *after = malloc(size);
			bool whole = from <= number_at && to >= number_at + 4;
			uint64_t first;

			memcpy(before, sector + from, size);
			memcpy(after, before, size);
			for (size_t i = 0; i < size; i++)
				if (from + i == number_at + 1)
					after[i] = 0x10; /* 4304 sectors in place of 2000 */
			assert_int_equal(write_set_judge(&set, from, before, after, size, &first),
					 whole || memcmp(before, after, size) == 0 ? 0 : 1);
			free(before);
			free(after);
		}
	}
}

static void the_first_difference_is_told(void **state)
{
	uint8_t sector[SECTOR], before[64] = { 0 }, after[64] = { 0 };
	struct write_set set = make_set(sector, 0);
	uint64_t first = 0;

	(void)state;
	after[7] = after[9] = after[63] = 1;
	assert_int_equal(write_set_judge(&set, 5000, before, after, 64, &first), 3);
	assert_int_equal(first, 5007);
	/* Half of it within the target. */
	assert_int_equal(write_set_judge(&set, 1000 * SECTOR - 8, before, after, 64, &first), 1);
	assert_int_equal(first, 1000 * SECTOR - 1);
}

/* Walk from each position to each end, and paint what has to be compared. */
static void what_is_to_be_compared(void **state)
{
	struct write_set set = {
		.count = 2,
		.ranges = { { .at = 1 * SECTOR, .bytes = 2 * SECTOR, .kind = WRITE_ANYTHING },
			    { .at = 5 * SECTOR, .bytes = 1 * SECTOR, .kind = WRITE_ANYTHING } }
	};

	(void)state;
	for (uint64_t from = 0; from <= 8; from++) {
		for (uint64_t end = from; end <= 8; end++) {
			uint64_t at = from * SECTOR, bytes;
			bool painted[8] = { false };

			while (write_set_next(&set, &at, end * SECTOR, &bytes)) {
				assert_true(bytes > 0 && at % SECTOR == 0 && bytes % SECTOR == 0);
				assert_true(at >= from * SECTOR && at + bytes <= end * SECTOR);
				for (uint64_t i = at / SECTOR; i < (at + bytes) / SECTOR; i++)
					painted[i] = true;
				at += bytes;
			}
			for (uint64_t i = 0; i < 8; i++)
				assert_int_equal(painted[i], i >= from && i < end && i != 1 &&
								     i != 2 && i != 5);
		}
	}
}

/* The number and the end CHS lie in a sector that is compared as a whole. */
static void small_ranges_are_not_passed_over(void **state)
{
	uint8_t sector[SECTOR];
	struct write_set set = make_set(sector, 0);
	uint64_t at = 0, bytes = 0;

	(void)state;
	assert_true(write_set_next(&set, &at, DISK_SECTORS * SECTOR, &bytes));
	assert_int_equal(at, 0);
	assert_int_equal(bytes, 1000 * SECTOR);
	at += bytes;
	assert_false(write_set_next(&set, &at, DISK_SECTORS * SECTOR, &bytes));
}

static void which_partition(void **state)
{
	uint8_t sector[SECTOR];
	struct write_set set;

	(void)state;
	make_sector(sector);
	/* Out of order: the second entry lies first. */
	set_entry(sector, 1, 5000, 100);
	set_entry(sector, 2, 100, 100);
	set_entry(sector, 4, 300, 100);
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 0, &set), 0);
	assert_int_equal(set.target.number, 1);
	assert_int_equal(set.target_end_lba, DISK_SECTORS);
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 2, &set), 0);
	assert_int_equal(set.target_end_lba, 300);
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 4, &set), 0);
	assert_int_equal(set.target_end_lba, 5000);
	assert_true(may_change(&set, 5000 * SECTOR - 1));
	assert_false(may_change(&set, 5000 * SECTOR));
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 3, &set), -1);
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 5, &set), -1);
	/* Two that touch leave no room, and none is needed. */
	set_entry(sector, 3, 200, 100);
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 2, &set), 0);
	assert_int_equal(set.target_end_lba, 200);
}

static void assert_none(uint64_t start1, uint64_t size1, uint64_t start2, uint64_t size2,
			unsigned number)
{
	uint8_t sector[SECTOR];
	struct write_set set;

	make_sector(sector);
	set_entry(sector, 1, start1, size1);
	set_entry(sector, 2, start2, size2);
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, number, &set), -1);
}

static void partitions_that_overlap(void **state)
{
	(void)state;
	assert_none(100, 500, 599, 100, 1);
	assert_none(100, 500, 599, 100, 0);  /* the last one begins within the first */
	assert_none(100, 5000, 200, 100, 0); /* or lies in it */
	assert_none(100, 5000, 200, 100, 1);
	assert_none(100, 500, 100, 100, 0); /* both begin at one place */
	assert_none(100, 100, 100, 500, 2);
	assert_none(10, 10, 9000, 1001, 0); /* it ends behind the disk */
	assert_none(10, 10, 10000, 1, 0);
}

static void sectors_without_a_table(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = {
		{ 510, 0 },    { 511, 0 }, { 446, 1 },	{ 446, 0x7f },
		{ 462, 0x81 }, { 3, 'N' }, { 54, 'F' }, { 82, 'F' },
	};
	uint8_t sector[SECTOR];
	struct write_set set;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_set(sector, 0);
		memcpy(sector + 4, "TFS", 3);
		memcpy(sector + 55, "AT", 2);
		memcpy(sector + 83, "AT", 2);
		assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 0, &set), 0);
		sector[changes[i].at] = changes[i].value;
		assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 0, &set), -1);
	}
	make_sector(sector); /* no entry is used */
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 0, &set), -1);
	set_entry(sector, 1, 0, 100); /* the table itself would be in it */
	assert_int_equal(make(sector, DISK_SECTORS * SECTOR, 0, &set), -1);
}

/* Beyond what the numbers of an entry hold. */
static void the_largest_numbers(void **state)
{
	uint64_t disk_bytes = UINT64_C(1) << 62, first;
	uint8_t sector[SECTOR], after[SECTOR];
	struct write_set set;

	(void)state;
	make_sector(sector);
	set_entry(sector, 1, 0xffffffff, 0xffffffff);
	assert_int_equal(make(sector, disk_bytes, 0, &set), 0);
	assert_false(may_change(&set, UINT64_C(0xffffffff) * SECTOR - 1));
	assert_true(may_change(&set, UINT64_C(0xffffffff) * SECTOR));
	assert_true(may_change(&set, disk_bytes - 1));
	assert_false(may_change(&set, disk_bytes));
	memcpy(after, sector, SECTOR);
	put(after + 446 + 12, 0xfffffffe);
	assert_true(write_set_judge(&set, 0, sector, after, SECTOR, &first) > 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_byte_of_the_first_sector),
	cmocka_unit_test(the_end_chs_is_that_of_the_last_sector),
	cmocka_unit_test(the_number_of_sectors_has_bounds),
	cmocka_unit_test(a_partition_in_the_middle),
	cmocka_unit_test(around_the_target),
	cmocka_unit_test(a_part_of_a_number_must_not_differ),
	cmocka_unit_test(the_first_difference_is_told),
	cmocka_unit_test(what_is_to_be_compared),
	cmocka_unit_test(small_ranges_are_not_passed_over),
	cmocka_unit_test(which_partition),
	cmocka_unit_test(partitions_that_overlap),
	cmocka_unit_test(sectors_without_a_table),
	cmocka_unit_test(the_largest_numbers),
};
UNIT_MAIN(tests)
