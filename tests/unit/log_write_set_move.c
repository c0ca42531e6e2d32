/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write sets in which swap makes room: as Debian's installer leaves a disk, with swap in an
 * extended partition. In a GPT, and as a primary one: tests/host/grow-move-swap.t. */
#include "base/bytes.h"
#include "boot_record.h"
#include "host/log/write_set.h"
#include "unit.h"

#include <string.h>

#define SECTOR	     512u
#define DISK_SECTORS 1000u
#define GROWN	     5200u /* two MiB of sectors fit behind the container */
#define SHIFT	     4096u
#define CONTAINER    700u
#define SWAP	     710u

static uint8_t disk[DISK_SECTORS * SECTOR];

static void entry(size_t record, unsigned index, uint8_t type, uint32_t start, uint32_t sectors)
{
	put_boot_entry(disk + record * SECTOR, index, type, start, sectors);
}

/* The root from 10 to 700; a container from there on, in it swap of 200 sectors. */
static void make_disk(void)
{
	memset(disk, 0, sizeof(disk));
	entry(0, 0, 0x83, 10, CONTAINER - 10);
	entry(0, 1, 0x05, CONTAINER, 300);
	entry(CONTAINER, 0, 0x82, SWAP - CONTAINER, 200);
	memset(disk + SWAP * SECTOR + 1024, 'u', 64);
	memcpy(disk + SWAP * SECTOR + 4086, "SWAPSPACE2", 10);
}

static int make(struct write_set *set)
{
	struct table_memory memory = { .bytes = disk, .size_bytes = sizeof(disk) };
	struct table_source source = table_source_memory(&memory);
	struct write_request request = { .size_after_bytes = GROWN * SECTOR, .move_swap = true };

	return write_set_make(&source, &request, set);
}

/* May the sector be these bytes, which was another one? */
static bool may(const struct write_set *set, uint64_t lba, const uint8_t *before,
		const uint8_t *after, size_t size_bytes)
{
	uint64_t first;

	return write_set_judge(set, lba * SECTOR, before, after, size_bytes, &first) == 0;
}

static void swap_and_its_container_move(void **state)
{
	struct write_set set;
	uint8_t sector[SECTOR];

	(void)state;
	make_disk();
	assert_int_equal(make(&set), 0);
	assert_int_equal(set.target.number, 1);
	assert_int_equal(set.target_end_lba, CONTAINER + SHIFT);
	assert_int_equal(set.moved.number, 5);
	assert_int_equal(set.moved.start_lba, SWAP + SHIFT);
	assert_int_equal(set.moved.size_sectors, 200);
	memcpy(sector, disk, SECTOR);
	set_le32(sector + 446 + 12, CONTAINER + SHIFT - 10);
	set_le32(sector + 446 + 16 + 8, CONTAINER + SHIFT);
	assert_true(may(&set, 0, disk, sector, SECTOR));
	for (int by = -1; by <= 1; by += 2) {
		set_le32(sector + 446 + 16 + 8, CONTAINER + SHIFT + (uint32_t)by);
		assert_false(may(&set, 0, disk, sector, SECTOR));
	}
	set_le32(sector + 446 + 16 + 8, CONTAINER + SHIFT);
	for (size_t i = 446 + 16; i < 510; i++) {
		bool is_free = (i >= 463 && i < 466) || (i >= 467 && i < 474);

		sector[i] ^= 0x81;
		if (!is_free) /* CHS, in whatever geometry, and the start */
			assert_false(may(&set, 0, disk, sector, SECTOR));
		sector[i] ^= 0x81;
	}
	write_set_close(&set);
}

static void the_copies_are_exact(void **state)
{
	static const uint8_t zeros[8 * SECTOR];
	uint8_t copy[8 * SECTOR];
	struct write_set set;

	(void)state;
	make_disk();
	assert_int_equal(make(&set), 0);
	memcpy(copy, disk + CONTAINER * SECTOR, SECTOR);
	assert_true(may(&set, CONTAINER + SHIFT, zeros, copy, SECTOR));
	for (size_t i = 0; i < SECTOR; i++) {
		copy[i] ^= 1;
		assert_false(may(&set, CONTAINER + SHIFT, zeros, copy, SECTOR));
		copy[i] ^= 1;
	}
	memcpy(copy, disk + SWAP * SECTOR, 4096);
	assert_true(may(&set, SWAP + SHIFT, zeros, copy, 4096));
	for (size_t i = 0; i < 4096; i += 3) {
		copy[i] ^= 1;
		assert_false(may(&set, SWAP + SHIFT, zeros, copy, 4096));
		copy[i] ^= 1;
	}
	copy[0] = 1; /* between record and header, and behind the header */
	assert_false(may(&set, CONTAINER + SHIFT + 1, zeros, copy, SECTOR));
	assert_false(may(&set, SWAP + SHIFT + 8, zeros, copy, SECTOR));
	assert_true(may(&set, CONTAINER + SHIFT - 1, zeros, copy, SECTOR));
	write_set_close(&set);
}

static void what_is_no_swap_stays(void **state)
{
	struct write_set set;

	(void)state;
	make_disk();
	memcpy(disk + SWAP * SECTOR + 4086, "S1SUSPEND", 10);
	assert_int_equal(make(&set), 0);
	assert_int_equal(set.target.number, 5); /* the last one */
	assert_int_equal(set.moved.number, 0);
	write_set_close(&set);
	make_disk();
	entry(CONTAINER, 1, 0x05, 250, 40); /* one more in the container */
	entry(CONTAINER + 250, 0, 0x83, 1, 30);
	memcpy(disk + (CONTAINER + 251) * SECTOR + 4086, "SWAPSPACE2", 10);
	assert_int_equal(make(&set), 0);
	assert_int_equal(set.moved.number, 0);
	write_set_close(&set);
	make_disk();
	entry(CONTAINER, 1, 0x05, 250, 40); /* the record behind it holds nothing, and would stay */
	disk[(CONTAINER + 250) * SECTOR + 510] = 0x55;
	disk[(CONTAINER + 250) * SECTOR + 511] = 0xaa;
	assert_int_equal(make(&set), 0);
	assert_int_equal(set.moved.number, 0);
	write_set_close(&set);
}

/* Partition and link may have either of the first two entries. */
static void the_second_entry_is_no_link(void **state)
{
	struct write_set set;

	(void)state;
	make_disk();
	entry(CONTAINER, 0, 0, 0, 0);
	entry(CONTAINER, 1, 0x82, SWAP - CONTAINER, 200);
	assert_int_equal(make(&set), 0);
	assert_int_equal(set.moved.number, 5);
	write_set_close(&set);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(swap_and_its_container_move),
	cmocka_unit_test(the_copies_are_exact),
	cmocka_unit_test(what_is_no_swap_stays),
	cmocka_unit_test(the_second_entry_is_no_link),
};
UNIT_MAIN(tests)
