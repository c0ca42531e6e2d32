/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks without a table, which a file system fills. */
#include "table/mbr.h"
#include "table/whole.h"
#include "unit.h"

#include <string.h>

static uint8_t disk[256 * TABLE_SECTOR_BYTES];
static struct table table;

static enum table_answer reading_of(size_t size_bytes)
{
	struct table_memory memory = { .bytes = disk, .size_bytes = size_bytes };
	struct table_source source = table_source_memory(&memory);

	return table_read(&source, &table);
}

static void only(size_t at, const char *magic, size_t magic_bytes)
{
	memset(disk, 0, sizeof(disk));
	memcpy(disk + at, magic, magic_bytes);
}

static void is_whole(uint64_t boot_bytes)
{
	assert_int_equal(reading_of(sizeof(disk)), TABLE_GOOD);
	assert_ptr_equal(table.ops, &table_whole);
	assert_int_equal(table.parts.count, 1);
	assert_int_equal(table.parts.parts[0].number, WHOLE_NUMBER);
	assert_int_equal(table.parts.parts[0].start_lba, 0);
	assert_int_equal(table.parts.parts[0].size_sectors, 256);
	assert_int_equal(table.parts.parts[0].boot_bytes, boot_bytes);
	assert_ptr_equal(table_choose(&table.parts, 0), &table.parts.parts[0]);
}

static void each_file_system_is_known(void **state)
{
	(void)state;
	only(1080, "\x53\xef", 2);
	is_whole(1024);
	only(0, "XFSB", 4);
	is_whole(0);
	only(65600, "_BHRfS_M", 8);
	is_whole(65536);
	only(1024, "\x10\x20\xf5\xf2", 4);
	is_whole(1024);
	only(0, "hsqs", 4);
	is_whole(0);
}

static void so_are_swap_and_layers(void **state)
{
	(void)state;
	for (size_t page = 4096; page <= 65536; page *= 2) {
		only(page - 10, "SWAPSPACE2", 10);
		is_whole(1024);
	}
	only(4086, "S1SUSPEND", 9);
	is_whole(1024);
	only(512, "LABELONE", 8);
	is_whole(512);
	only(0, "LUKS\xba\xbe", 6);
	is_whole(0);
}

static void a_boot_loader_may_lie_before_it(void **state)
{
	(void)state;
	only(1080, "\x53\xef", 2);
	disk[510] = 0x55;
	disk[511] = 0xaa;
	is_whole(1024);
	memset(disk + 3, 'x', 500); /* code where entries would be */
	is_whole(1024);
}

static void a_table_comes_first(void **state)
{
	(void)state;
	only(1080, "\x53\xef", 2);
	disk[510] = 0x55;
	disk[511] = 0xaa;
	disk[MBR_ENTRIES_AT + MBR_TYPE_AT] = 0x83;
	disk[MBR_ENTRIES_AT + MBR_START_LBA_AT] = 10;
	disk[MBR_ENTRIES_AT + MBR_SECTORS_AT] = 10;
	assert_int_equal(reading_of(sizeof(disk)), TABLE_GOOD);
	assert_ptr_equal(table.ops, &table_mbr);
	disk[MBR_ENTRIES_AT + MBR_START_LBA_AT] = 0;
	assert_int_equal(reading_of(sizeof(disk)), TABLE_INVALID);
	disk[MBR_ENTRIES_AT + MBR_START_LBA_AT] = 1;
	disk[MBR_ENTRIES_AT + MBR_TYPE_AT] = 0xee; /* a GPT is announced */
	assert_int_equal(reading_of(sizeof(disk)), TABLE_DAMAGED);
}

static void two_of_them_are_no_answer(void **state)
{
	(void)state;
	only(1080, "\x53\xef", 2);
	memcpy(disk, "XFSB", 4);
	assert_int_equal(reading_of(sizeof(disk)), TABLE_INVALID);
}

static void nothing_is_nothing(void **state)
{
	(void)state;
	memset(disk, 0, sizeof(disk));
	assert_int_equal(reading_of(sizeof(disk)), TABLE_NONE);
	only(1080, "\x53\xef", 2);
	assert_int_equal(reading_of(1081), TABLE_NONE);
	assert_int_equal(reading_of(1082), TABLE_GOOD);
	assert_int_equal(reading_of(0), TABLE_NONE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_file_system_is_known),	   cmocka_unit_test(so_are_swap_and_layers),
	cmocka_unit_test(a_boot_loader_may_lie_before_it), cmocka_unit_test(a_table_comes_first),
	cmocka_unit_test(two_of_them_are_no_answer),	   cmocka_unit_test(nothing_is_nothing),
};
UNIT_MAIN(tests)
