/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/filesystem/swap_header.h"
#include "unit.h"

#include <string.h>

#define VERSION_AT   1024
#define BAD_PAGES_AT 1032
#define BAD_LIST_AT  1536

static uint8_t area[SWAP_PAGE_MAX_BYTES];

static void put(size_t at, uint32_t value, bool is_big_endian)
{
	for (int i = 0; i < 4; i++)
		area[at + (size_t)i] = (uint8_t)(value >> 8 * (is_big_endian ? 3 - i : i));
}

static void make(uint32_t page_bytes, uint32_t last_page, bool is_big_endian)
{
	memset(area, 0, sizeof(area));
	memcpy(area + page_bytes - 10, "SWAPSPACE2", 10);
	put(VERSION_AT, 1, is_big_endian);
	put(SWAP_LAST_PAGE_AT, last_page, is_big_endian);
	memcpy(area + 1036, "0123456789abcdef", 16);
	memcpy(area + 1052, "sixteen letters!", 16);
}

static enum reason reading(struct swap_header *header)
{
	struct fault fault = { 0 };

	return swap_header_read(area, sizeof(area), header, &fault) == 0 ? REASON_NONE
									 : fault.reason;
}

static void pages_and_byte_orders_are_found(void **state)
{
	struct swap_header header;

	(void)state;
	for (uint32_t page = 4096; page <= SWAP_PAGE_MAX_BYTES; page *= 2)
		for (int big = 0; big < 2; big++) {
			make(page, 77, big == 1);
			assert_int_equal(reading(&header), REASON_NONE);
			assert_int_equal(header.page_bytes, page);
			assert_int_equal(header.is_big_endian, big);
			assert_int_equal(header.last_page, 77);
			assert_string_equal(header.label, "sixteen letters!");
			assert_memory_equal(header.uuid, "0123456789abcdef", 16);
		}
}

static void hibernation_is_refused(void **state)
{
	static const char *const words[] = { "S1SUSPEND", "S2SUSPEND", "ULSUSPEND", "LINHIB0001",
					     "\xed\xc3\x02\xe9\x98\x56\xe5\x0c" };
	struct swap_header header;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		make(4096, 77, false);
		memcpy(area + 4096 - 10, words[i], strlen(words[i]));
		assert_int_equal(reading(&header), REASON_FS_UNCLEAN);
	}
}

static void other_versions_are_refused(void **state)
{
	struct swap_header header;

	(void)state;
	make(4096, 77, false);
	memcpy(area + 4096 - 10, "SWAP-SPACE", 10);
	assert_int_equal(reading(&header), REASON_FS_FEATURE);
	memset(area, 0, sizeof(area));
	assert_int_equal(reading(&header), REASON_FS_FEATURE);
	make(4096, 77, false);
	put(VERSION_AT, 2, false);
	assert_int_equal(reading(&header), REASON_FS_UNREPAIRABLE);
	make(4096, 0, false);
	assert_int_equal(reading(&header), REASON_FS_UNREPAIRABLE);
}

static void bad_pages_must_lie_within(void **state)
{
	const uint32_t most = (4096 - 10 - BAD_LIST_AT) / 4;
	struct swap_header header;

	(void)state;
	make(4096, 10000, false);
	put(BAD_PAGES_AT, most, false);
	for (uint32_t i = 0; i < most; i++)
		put(BAD_LIST_AT + 4 * i, i + 1, false);
	assert_int_equal(reading(&header), REASON_NONE);
	assert_int_equal(header.bad_pages, most);
	put(BAD_LIST_AT, 10001, false);
	assert_int_equal(reading(&header), REASON_FS_UNREPAIRABLE);
	put(BAD_LIST_AT, 0, false);
	assert_int_equal(reading(&header), REASON_FS_UNREPAIRABLE);
	make(4096, 10000, false);
	put(BAD_PAGES_AT, most + 1, false);
	assert_int_equal(reading(&header), REASON_FS_UNREPAIRABLE);
	put(BAD_PAGES_AT, UINT32_MAX, false);
	assert_int_equal(reading(&header), REASON_FS_UNREPAIRABLE);
}

static void an_area_that_ends_early_is_read_as_far_as_it_goes(void **state)
{
	struct swap_header header;
	struct fault fault;

	(void)state;
	make(4096, 77, false);
	assert_int_equal(swap_header_read(area, 4096, &header, &fault), 0);
	assert_int_equal(swap_header_read(area, 4095, &header, &fault), -1);
	assert_int_equal(swap_header_read(area, 0, &header, &fault), -1);
}

static void the_last_page_is_written_in_the_headers_order(void **state)
{
	struct swap_header header = { .page_bytes = 4096 };
	uint8_t bytes[4];

	(void)state;
	assert_int_equal(swap_header_pages(&header, 4095), 0);
	assert_int_equal(swap_header_pages(&header, 3 * 4096 + 1), 3);
	assert_int_equal(swap_header_pages(&header, UINT64_MAX), UINT32_MAX);
	swap_header_set_last_page(&header, 0x01020304, bytes);
	assert_memory_equal(bytes, "\4\3\2\1", 4);
	header.is_big_endian = true;
	swap_header_set_last_page(&header, 0x01020304, bytes);
	assert_memory_equal(bytes, "\1\2\3\4", 4);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(pages_and_byte_orders_are_found),
	cmocka_unit_test(hibernation_is_refused),
	cmocka_unit_test(other_versions_are_refused),
	cmocka_unit_test(bad_pages_must_lie_within),
	cmocka_unit_test(an_area_that_ends_early_is_read_as_far_as_it_goes),
	cmocka_unit_test(the_last_page_is_written_in_the_headers_order),
};
UNIT_MAIN(tests)
