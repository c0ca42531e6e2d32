/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/table/find.c: a part by the texts that Linux and sfdisk have of its entry. */
#include "gpt_disk.h"
#include "table/find.h"
#include "unit.h"

static void in_a_gpt(void **state)
{
	struct gpt_disk disk = { .sectors = 700 };
	struct table_source source;
	struct table table;

	(void)state;
	gpt_disk_make(&disk);
	gpt_disk_part(&disk, 1, 100, 299);
	gpt_disk_part(&disk, 2, 300, 499);
	for (unsigned number = 1; number <= 2; number++) {
		uint8_t *entry = gpt_disk_entry(&disk, number);

		for (unsigned i = 0; i < 16; i++)
			entry[16 + i] = (uint8_t)(i + 16 * number);
		memset(entry + 56, 0, 72);
		entry[56] = 'a';
		entry[58] = (uint8_t)('0' + number);
	}
	gpt_disk_seal(&disk);
	source = gpt_disk_source(&disk);
	assert_int_equal(table_read(&source, &table), TABLE_GOOD);
	assert_int_equal(
		table_find_uuid(&table.parts, "13121110-1514-1716-1819-1a1b1c1d1e1f")->number, 1);
	assert_int_equal(
		table_find_uuid(&table.parts, "23222120-2524-2726-2829-2A2B2C2D2E2F")->number, 2);
	assert_null(table_find_uuid(&table.parts, "23222120-2524-2726-2829-2A2B2C2D2E2"));
	assert_null(table_find_uuid(&table.parts, ""));
	assert_int_equal(table_find_name(&table.parts, "a2")->number, 2);
	assert_null(table_find_name(&table.parts, "A2"));
	assert_null(table_find_name(&table.parts, "a"));
	/* Two of the same. */
	gpt_disk_entry(&disk, 2)[58] = '1';
	gpt_disk_seal(&disk);
	assert_int_equal(table_read(&source, &table), TABLE_GOOD);
	assert_null(table_find_name(&table.parts, "a1"));
	gpt_disk_free(&disk);
}

static void in_an_mbr(void **state)
{
	uint8_t sector[512] = { [440] = 0xcd, [441] = 0xab, [442] = 0x34, [443] = 0x02 };
	struct table_memory memory = { sector, sizeof(sector) };
	struct table_source source = table_source_memory(&memory);
	struct table table;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		sector[446 + 16 * i + 4] = 0x83;
		put32(sector + 446 + 16 * i + 8, 100 * (i + 1));
		put32(sector + 446 + 16 * i + 12, 50);
	}
	sector[510] = 0x55;
	sector[511] = 0xaa;
	assert_int_equal(table_read(&source, &table), TABLE_GOOD);
	assert_int_equal(table_find_uuid(&table.parts, "0234abcd-03")->number, 3);
	assert_int_equal(table_find_uuid(&table.parts, "0234ABCD-04")->number, 4);
	assert_null(table_find_uuid(&table.parts, "234abcd-03"));
	assert_null(table_find_uuid(&table.parts, "0234abcd-05"));
	assert_null(table_find_name(&table.parts, ""));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(in_a_gpt),
	cmocka_unit_test(in_an_mbr),
};
UNIT_MAIN(tests)
