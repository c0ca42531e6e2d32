/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of extended boot records, as real tools and as nobody would make them. */
#include "base/bytes.h"
#include "boot_record.h"
#include "table/mbr.h"
#include "unit.h"

#include <string.h>

#define DISK_SECTORS  1000
#define CONTAINER_LBA 100
#define CONTAINER_END 900

static uint8_t disk[DISK_SECTORS * TABLE_SECTOR_BYTES];
static struct table table;

static void entry(size_t record, unsigned index, uint8_t type, uint32_t start, uint32_t sectors)
{
	put_boot_entry(disk + record * TABLE_SECTOR_BYTES, index, type, start, sectors);
}

/* A primary, a container, and in it two logical ones: at 110 and 310. */
static void make(void)
{
	memset(disk, 0, sizeof(disk));
	entry(0, 0, 0x83, 10, 90);
	entry(0, 1, 0x05, CONTAINER_LBA, CONTAINER_END - CONTAINER_LBA);
	entry(CONTAINER_LBA, 0, 0x83, 10, 100);
	entry(CONTAINER_LBA, 1, 0x05, 200, 210);
	entry(300, 0, 0x82, 10, 200);
}

static enum table_answer reading_of(size_t size_bytes)
{
	struct table_memory memory = { .bytes = disk, .size_bytes = size_bytes };
	struct table_source source = table_source_memory(&memory);

	return table_read(&source, &table);
}

static enum table_answer reading(void)
{
	return reading_of(sizeof(disk));
}

static void a_chain_is_read(void **state)
{
	const struct table_part *part;

	(void)state;
	make();
	assert_int_equal(reading(), TABLE_GOOD);
	assert_ptr_equal(table.ops, &table_mbr);
	assert_int_equal(table.parts.count, 4);
	part = table_choose(&table.parts, 5);
	assert_int_equal(part->start_lba, 110);
	assert_int_equal(part->size_sectors, 100);
	assert_int_equal(part->ebr_lba, CONTAINER_LBA);
	part = table_choose(&table.parts, 0);
	assert_int_equal(part->number, 6);
	assert_int_equal(part->start_lba, 310);
	assert_int_equal(part->type, 0x82);
	assert_int_equal(part->container, 2);
	assert_int_equal(part->ebr_lba, 300);
	assert_int_equal(part->entry_at_bytes, 300 * 512 + 446);
}

/* The record of 5 lies before 6, and what it holds behind 6. */
static void room_ends_before_what_an_earlier_record_holds(void **state)
{
	(void)state;
	memset(disk, 0, sizeof(disk));
	entry(0, 1, 0x05, CONTAINER_LBA, CONTAINER_END - CONTAINER_LBA);
	entry(CONTAINER_LBA, 0, 0x83, 400, 100);
	entry(CONTAINER_LBA, 1, 0x05, 10, 100);
	entry(CONTAINER_LBA + 10, 0, 0x83, 10, 50);
	assert_int_equal(reading(), TABLE_GOOD);
	assert_int_equal(table_room_end_lba(&table.parts, table_choose(&table.parts, 6), 2000),
			 CONTAINER_LBA + 400);
	assert_int_equal(table_room_end_lba(&table.parts, table_choose(&table.parts, 5), 2000),
			 2000);
}

static void room_ends_before_the_next_record(void **state)
{
	(void)state;
	make();
	assert_int_equal(reading(), TABLE_GOOD);
	assert_int_equal(table_room_end_lba(&table.parts, table_choose(&table.parts, 5), 2000),
			 300);
	assert_int_equal(table_room_end_lba(&table.parts, table_choose(&table.parts, 6), 2000),
			 2000);
	assert_int_equal(table_room_end_lba(&table.parts, table_choose(&table.parts, 1), 2000),
			 CONTAINER_LBA);
	entry(0, 2, 0x83, 950, 50);
	assert_int_equal(reading(), TABLE_GOOD);
	assert_int_equal(table_choose(&table.parts, 0)->number, 3);
	assert_int_equal(table_room_end_lba(&table.parts, table_choose(&table.parts, 6), 2000),
			 950);
}

static void an_empty_container_is_no_target(void **state)
{
	(void)state;
	make();
	memset(disk + CONTAINER_LBA * 512, 0, 512);
	assert_int_equal(reading(), TABLE_GOOD);
	assert_int_equal(table.parts.count, 2);
	assert_int_equal(table_choose(&table.parts, 0)->number, 1);
	make();
	memset(disk + CONTAINER_LBA * 512 + 446, 0, 64); /* signed, but empty */
	assert_int_equal(reading(), TABLE_GOOD);
	assert_int_equal(table.parts.count, 2);
}

/* A logical one was deleted, and its record still links. */
static void a_record_without_a_partition_links_on(void **state)
{
	(void)state;
	make();
	entry(CONTAINER_LBA, 0, 0, 0, 0);
	assert_int_equal(reading(), TABLE_GOOD);
	assert_int_equal(table.parts.count, 3);
	assert_int_equal(table_choose(&table.parts, 5)->start_lba, 310);
}

static void link_and_partition_may_change_places(void **state)
{
	(void)state;
	make();
	entry(CONTAINER_LBA, 1, 0x83, 10, 100);
	entry(CONTAINER_LBA, 0, 0x0f, 200, 210);
	assert_int_equal(reading(), TABLE_GOOD);
	assert_int_equal(table.parts.count, 4);
	assert_int_equal(table_choose(&table.parts, 5)->entry_at_bytes,
			 CONTAINER_LBA * 512 + 446 + 16);
}

static void a_chain_that_breaks_off_is_damaged(void **state)
{
	(void)state;
	make();
	disk[300 * 512 + 510] = 0;
	assert_int_equal(reading(), TABLE_DAMAGED);
	make();
	assert_int_equal(reading_of(300 * 512), TABLE_DAMAGED);
	assert_int_equal(table.parts.count, 3);
	assert_int_equal(table_needs_sectors(&table.parts), CONTAINER_END);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	make();
	entry(300, 1, 0x05, 200, 100); /* a circle */
	assert_int_equal(reading(), TABLE_INVALID);
	make();
	entry(300, 1, 0x05, 800, 100); /* a link out of the container */
	assert_int_equal(reading(), TABLE_INVALID);
	make();
	entry(300, 0, 0x82, 10, 591); /* a partition out of it */
	assert_int_equal(reading(), TABLE_INVALID);
	entry(300, 0, 0x82, 10, 590);
	assert_int_equal(reading(), TABLE_GOOD);
	entry(300, 0, 0x82, UINT32_MAX, UINT32_MAX);
	assert_int_equal(reading(), TABLE_INVALID);
	entry(300, 0, 0x82, 0, 10); /* a partition over its own record */
	assert_int_equal(reading(), TABLE_INVALID);
	make();
	entry(300, 1, 0x83, 300, 10); /* two partitions in a record */
	assert_int_equal(reading(), TABLE_INVALID);
	make();
	entry(CONTAINER_LBA, 0, 0x05, 300, 10); /* two links */
	assert_int_equal(reading(), TABLE_INVALID);
	make();
	entry(300, 2, 0x83, 300, 10); /* an entry that no record has */
	assert_int_equal(reading(), TABLE_INVALID);
	make();
	entry(0, 2, 0x0f, 900, 100); /* two containers */
	assert_int_equal(reading(), TABLE_INVALID);
}

static void records_and_partitions_may_not_overlap(void **state)
{
	(void)state;
	make();
	assert_int_equal(reading(), TABLE_GOOD);
	assert_false(table_overlaps(table_choose(&table.parts, 2), table_choose(&table.parts, 6)));
	assert_false(table_overlaps(table_choose(&table.parts, 5), table_choose(&table.parts, 6)));
	entry(CONTAINER_LBA, 0, 0x83, 10, 191); /* over the next record, not its partition */
	assert_int_equal(reading(), TABLE_GOOD);
	assert_true(table_overlaps(table_choose(&table.parts, 5), table_choose(&table.parts, 6)));
	assert_true(table_overlaps(table_choose(&table.parts, 6), table_choose(&table.parts, 5)));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_chain_is_read),
	cmocka_unit_test(room_ends_before_the_next_record),
	cmocka_unit_test(room_ends_before_what_an_earlier_record_holds),
	cmocka_unit_test(an_empty_container_is_no_target),
	cmocka_unit_test(a_record_without_a_partition_links_on),
	cmocka_unit_test(link_and_partition_may_change_places),
	cmocka_unit_test(a_chain_that_breaks_off_is_damaged),
	cmocka_unit_test(nonsense_is_refused),
	cmocka_unit_test(records_and_partitions_may_not_overlap),
};
UNIT_MAIN(tests)
