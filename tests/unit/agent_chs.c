/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/partition/chs.h"
#include "unit.h"

#include <string.h>

#define MIB_SECTORS UINT64_C(2048)
#define GIB_SECTORS (1024 * MIB_SECTORS)

static void put(uint8_t address[CHS_BYTES], unsigned cylinder, unsigned head, unsigned sector)
{
	address[0] = (uint8_t)head;
	address[1] = (uint8_t)(sector | cylinder >> 8 << 6);
	address[2] = (uint8_t)cylinder;
}

/* An entry as a tool writes it that counts in this geometry. */
static struct chs_entry made(unsigned heads, unsigned sectors, uint64_t start_lba, uint64_t size)
{
	struct chs_entry entry = { .start_lba = start_lba, .sectors = size };
	uint64_t end_lba = start_lba + size - 1;

	put(entry.start, (unsigned)(start_lba / sectors / heads),
	    (unsigned)(start_lba / sectors % heads), (unsigned)(start_lba % sectors + 1));
	put(entry.end, (unsigned)(end_lba / sectors / heads), (unsigned)(end_lba / sectors % heads),
	    (unsigned)(end_lba % sectors + 1));
	return entry;
}

/* The same start and end bytes, written as "20 21 00". */
static struct chs_entry with_bytes(const char *start, const char *end, uint64_t start_lba,
				   uint64_t size)
{
	struct chs_entry entry = { .start_lba = start_lba, .sectors = size };

	memcpy(entry.start, start, CHS_BYTES);
	memcpy(entry.end, end, CHS_BYTES);
	return entry;
}

static void end_is(const struct chs_entry *entries, unsigned target, uint64_t sectors_after,
		   unsigned cylinder, unsigned head, unsigned sector)
{
	uint8_t got[CHS_BYTES], wanted[CHS_BYTES];

	chs_end(entries, target, sectors_after, got);
	put(wanted, cylinder, head, sector);
	assert_memory_equal(got, wanted, CHS_BYTES);
}

static void stays(const char *start, const char *end)
{
	struct chs_entry entries[CHS_ENTRIES] = { with_bytes(start, end, 2048, 522240) };
	uint8_t got[CHS_BYTES];

	for (uint64_t sectors = GIB_SECTORS; sectors <= 1024 * GIB_SECTORS; sectors *= 4) {
		chs_end(entries, 0, sectors, got);
		assert_memory_equal(got, end, CHS_BYTES);
	}
}

static void zeros_stay_zeros(void **state)
{
	(void)state;
	stays("\0\0\0", "\0\0\0");
	stays("\x20\x21\0", "\0\0\0");
}

static void the_filler_stays_the_filler(void **state)
{
	(void)state;
	stays("\xfe\xff\xff", "\xfe\xff\xff");
	stays("\x20\x21\0", "\xfe\xff\xff");
	stays("\xff\xff\xff", "\xff\xff\xff");
	stays("\xfe\xff\xff", "\xff\xff\xff");
	stays("\xff\xff\xff", "\xfe\xff\xff");
}

static void one_filler_of_256_heads_is_none(void **state)
{
	struct chs_entry entries[CHS_ENTRIES] = { with_bytes("\x20\x21\0", "\xff\xff\xff", 2048,
							     522240) };

	(void)state;
	/* 2048 + 1048576 - 1 = (65 * 255 + 101) * 63 + 35 */
	end_is(entries, 0, 512 * MIB_SECTORS, 65, 101, 36);
}

static void the_targets_own_geometry_is_kept(void **state)
{
	/* OpenWrt: 16 heads, 63 sectors */
	struct chs_entry entries[CHS_ENTRIES] = { made(16, 63, 512, 32768),
						  made(16, 63, 33792, 212992) };
	const uint64_t sectors_after = 256 * MIB_SECTORS - 33792;
	const unsigned end = 256 * 2048 - 1;

	(void)state;
	end_is(entries, 1, sectors_after, end / 63 / 16, end / 63 % 16, end % 63 + 1);
	/* beyond cylinder 1023 */
	end_is(entries, 1, GIB_SECTORS - 33792, 1023, 15, 63);
}

static void the_last_address_is_not_capped(void **state)
{
	struct chs_entry entries[CHS_ENTRIES] = { made(16, 63, 63, 10017) };
	const uint64_t most = UINT64_C(1024) * 16 * 63;

	(void)state;
	end_is(entries, 0, most - 63, 1023, 15, 63);
	end_is(entries, 0, most - 63 - 1, 1023, 15, 62);
	end_is(entries, 0, most - 63 + 1, 1023, 15, 63);
	end_is(entries, 0, UINT32_MAX, 1023, 15, 63);
}

static void every_common_geometry_is_found(void **state)
{
	static const unsigned heads[] = { 2, 4, 15, 16, 32, 64, 128, 240, 255, 256 };
	static const unsigned sectors[] = { 17, 32, 62, 63 };

	(void)state;
	for (size_t h = 0; h < 10; h++)
		for (size_t s = 0; s < 4; s++) {
			/* from the second head on, over more than one cylinder */
			const unsigned start = sectors[s] + 3;
			const unsigned size = heads[h] * sectors[s] * 3 + 7;
			const unsigned end = start + size * 2 - 1;
			struct chs_entry entries[CHS_ENTRIES] = { [2] = made(heads[h], sectors[s],
									     start, size) };

			end_is(entries, 2, size * 2, end / sectors[s] / heads[h],
			       end / sectors[s] % heads[h], end % sectors[s] + 1);
		}
}

static void the_target_counts_more_than_all_others(void **state)
{
	struct chs_entry entries[CHS_ENTRIES] = { made(255, 63, 63, 100000),
						  made(255, 63, 200000, 100000),
						  made(255, 63, 400000, 100000),
						  made(16, 63, 600000, 100000) };
	const unsigned end = 600000 + 200000 - 1;

	(void)state;
	end_is(entries, 3, 200000, end / 63 / 16, end / 63 % 16, end % 63 + 1);
}

static void others_decide_where_the_target_contradicts_itself(void **state)
{
	struct chs_entry entries[CHS_ENTRIES] = { made(64, 32, 512, 32768),
						  made(64, 32, 33792, 212992),
						  made(16, 63, 300000, 1000) };
	const unsigned end = 256 * 2048 - 1;

	(void)state;
	entries[1].end[2]++;
	entries[2].sectors = 0; /* not used: its bytes mean nothing */
	end_is(entries, 1, 256 * MIB_SECTORS - 33792, end / 32 / 64, end / 32 % 64, end % 32 + 1);
}

static void others_decide_where_the_target_fits_several(void **state)
{
	/* within the first cylinder: its heads are not known */
	struct chs_entry entries[CHS_ENTRIES] = { made(16, 63, 63, 500), made(16, 63, 1008, 5000) };
	const unsigned end = 1000 + 63 - 1;

	(void)state;
	end_is(entries, 0, 1000, end / 63 / 16, end / 63 % 16, end % 63 + 1);
	entries[1].sectors = 0;
	end_is(entries, 0, 1000, 0, end / 63, end % 63 + 1);
}

static void tracks_of_63_sectors_come_first(void **state)
{
	/* both ends at head 0: 16/63 and 28/36 fit, and others of 1008 sectors a cylinder */
	struct chs_entry entries[CHS_ENTRIES] = { made(16, 63, 2048, 100 * 1008) };
	const unsigned end = 2048 + 200 * 1008 + 100 - 1;

	(void)state;
	end_is(entries, 0, 200 * 1008 + 100, end / 63 / 16, end / 63 % 16, end % 63 + 1);
}

static void wrapped_cylinders_are_understood(void **state)
{
	/* libfdisk, of 16 heads and 63 sectors: cylinder 2000 is written as 976 */
	struct chs_entry entries[CHS_ENTRIES] = { made(16, 63, 2048, 50000) };
	const uint64_t start = 2000 * 16 * 63, size = 100 * 16 * 63;

	(void)state;
	entries[0].end[0]++; /* of no use */
	entries[1] = (struct chs_entry){ .start_lba = start, .sectors = size };
	put(entries[1].start, 2000 - 1024, 0, 1);
	put(entries[1].end, 2099 - 1024, 15, 63);
	end_is(entries, 1, size * 2, 1023, 15, 63);
	end_is(entries, 0, 60000, (2048 + 60000 - 1) / 63 / 16, (2048 + 60000 - 1) / 63 % 16,
	       (2048 + 60000 - 1) % 63 + 1);
}

static void without_a_witness_it_is_255_63(void **state)
{
	struct chs_entry entries[CHS_ENTRIES] = { with_bytes("\1\1\1", "\2\2\2", 2048, 522240) };
	const unsigned end = 2048 + 600000 - 1;

	(void)state;
	end_is(entries, 0, 600000, end / 63 / 255, end / 63 % 255, end % 63 + 1);
	/* sectors of 0 are no address, and the largest entry there can be does not overflow */
	entries[0] = with_bytes("\0\0\0", "\1\0\0", UINT32_MAX, UINT32_MAX);
	end_is(entries, 0, UINT32_MAX, 1023, 254, 63);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(zeros_stay_zeros),
	cmocka_unit_test(the_filler_stays_the_filler),
	cmocka_unit_test(one_filler_of_256_heads_is_none),
	cmocka_unit_test(the_targets_own_geometry_is_kept),
	cmocka_unit_test(the_last_address_is_not_capped),
	cmocka_unit_test(every_common_geometry_is_found),
	cmocka_unit_test(the_target_counts_more_than_all_others),
	cmocka_unit_test(others_decide_where_the_target_contradicts_itself),
	cmocka_unit_test(others_decide_where_the_target_fits_several),
	cmocka_unit_test(tracks_of_63_sectors_come_first),
	cmocka_unit_test(wrapped_cylinders_are_understood),
	cmocka_unit_test(without_a_witness_it_is_255_63),
};
UNIT_MAIN(tests)
