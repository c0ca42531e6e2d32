/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/log/write_set_gpt.c: the bytes that a grown GPT has, made a second time by
 * tests/unit/gpt_disk.h, and nothing else. */
#include "gpt_disk.h"
#include "host/log/write_set.h"
#include "unit.h"

#define SECTOR 512

/* Number 3 at 64..127, number 1 behind it at 200..399. */
static struct gpt_disk make_disk(struct gpt_disk spec)
{
	uint64_t at;

	spec.sectors = spec.sectors ? spec.sectors : 700;
	gpt_disk_make(&spec);
	at = spec.first_usable;
	gpt_disk_part(&spec, 3, at + 10, at + 73);
	gpt_disk_part(&spec, 1, at + 200, at + 399);
	gpt_disk_seal(&spec);
	return spec;
}

static int make_set(struct gpt_disk *disk, uint64_t sectors_after, unsigned number,
		    bool repairs_all, struct write_set *ret_set)
{
	struct table_source source = gpt_disk_source(disk);
	struct write_request request = { .size_after_bytes = sectors_after * disk->sector_bytes,
					 .partition = number,
					 .repairs_all = repairs_all };

	return write_set_make(&source, &request, ret_set);
}

/* The disk, longer, zeros at its end. */
static struct gpt_disk enlarge(const struct gpt_disk *disk, uint64_t sectors)
{
	struct gpt_disk larger = *disk;

	larger.sectors = sectors;
	larger.size_bytes = sectors * disk->sector_bytes;
	larger.bytes = calloc(1, larger.size_bytes);
	memcpy(larger.bytes, disk->bytes,
	       disk->size_bytes < larger.size_bytes ? disk->size_bytes : larger.size_bytes);
	return larger;
}

/* What it shall become: the target ends there. */
static void grow(struct gpt_disk *disk, unsigned number, uint64_t last)
{
	uint64_t array_sectors = gpt_disk_array_sectors(disk);
	uint64_t backup = disk->sectors - 1 - array_sectors;

	memset(gpt_disk_at(disk, backup), 0, array_sectors * disk->sector_bytes);
	put64(gpt_disk_entry(disk, number) + 40, last);
	put64(gpt_disk_at(disk, 1) + 32, disk->sectors - 1);
	put64(gpt_disk_at(disk, 1) + 48, backup - 1);
	put32(disk->bytes + 446 + 12, (uint32_t)disk->sectors - 1);
	gpt_disk_seal(disk);
}

/* Write what the set demands. */
static void apply(const struct write_set *set, uint8_t *bytes)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->ranges[i].kind == WRITE_BYTES)
			memcpy(bytes + set->ranges[i].at, set->ranges[i].data,
			       set->ranges[i].bytes);
}

static void assert_ranges_in_order(const struct write_set *set)
{
	for (size_t i = 1; i < set->count; i++)
		assert_true(set->ranges[i].at >= set->ranges[i - 1].at + set->ranges[i - 1].bytes);
}

/* The set turns the disk into that one, byte by byte, and allows nothing but its target
 * besides. */
static void assert_becomes(struct gpt_disk *disk, struct gpt_disk *wanted, unsigned number,
			   bool repairs_all)
{
	struct gpt_disk after = enlarge(disk, wanted->sectors);
	const struct write_range *room = NULL;
	struct write_set set;
	uint64_t first = 0;

	assert_int_equal(make_set(disk, wanted->sectors, number, repairs_all, &set), 0);
	assert_ranges_in_order(&set);
	apply(&set, after.bytes);
	assert_memory_equal(after.bytes, wanted->bytes, wanted->size_bytes);
	for (size_t i = 0; i < set.count; i++)
		if (set.ranges[i].kind == WRITE_ANYTHING) {
			assert_null(room);
			room = &set.ranges[i];
		}
	assert_non_null(room);
	assert_int_equal(room->at, set.target.start_lba * disk->sector_bytes);
	assert_int_equal(room->at + room->bytes, set.target_end_lba * disk->sector_bytes);
	assert_int_equal(get64(gpt_disk_entry(wanted, set.target.number) + 40),
			 set.target_end_lba - 1);
	gpt_disk_free(&after);
	after = enlarge(disk, wanted->sectors);
	assert_int_equal(
		write_set_judge(&set, 0, after.bytes, wanted->bytes, wanted->size_bytes, &first),
		0);
	gpt_disk_free(&after);
	write_set_close(&set);
}

/* All sizes and places, and all remainders of the rounding. */
static void the_bytes_of_a_grown_table(void **state)
{
	static const struct gpt_disk specs[] = {
		{ 0 },
		{ .count = 4 },
		{ .count = 56 },
		{ .count = 6, .sector_bytes = 4096, .sectors = 450 },
		{ .count = 1024, .sectors = 1000 },
		{ .count = 1024, .entry_bytes = 512, .sectors = 2500 },
		{ .entry_bytes = 256 },
		{ .entry_bytes = 384, .count = 5 },
		{ .header_bytes = 512 },
		{ .header_bytes = 200 },
		{ .entries_lba = 20, .first_usable = 61 },
		{ .sector_bytes = 4096, .sectors = 450 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct gpt_disk disk = make_disk(specs[i]);

		for (uint64_t sectors = disk.sectors; sectors < disk.sectors + 10; sectors++) {
			struct gpt_disk wanted = enlarge(&disk, sectors);
			uint64_t start = disk.first_usable + 200;
			uint64_t room = sectors - 1 - gpt_disk_array_sectors(&disk) - start;
			uint64_t grain = 4096 / disk.sector_bytes;

			grow(&wanted, 1, start + room / grain * grain - 1);
			assert_becomes(&disk, &wanted, 0, false);
			gpt_disk_free(&wanted);
			/* The other one ends at the start of this. */
			wanted = enlarge(&disk, sectors);
			start = disk.first_usable + 10;
			grow(&wanted, 3, start + 190 / grain * grain - 1);
			assert_becomes(&disk, &wanted, 3, false);
			gpt_disk_free(&wanted);
		}
		gpt_disk_free(&disk);
	}
}

/* A size that is no multiple of the grain stays, if there is no more room. */
static void no_room(void **state)
{
	struct gpt_disk disk = make_disk((struct gpt_disk){ 0 }), wanted;

	(void)state;
	gpt_disk_part(&disk, 1, 200, disk.last_usable);
	gpt_disk_seal(&disk);
	wanted = enlarge(&disk, disk.sectors);
	grow(&wanted, 1, disk.last_usable);
	assert_becomes(&disk, &wanted, 1, false);
	gpt_disk_free(&wanted);
	gpt_disk_free(&disk);
}

static bool is_anything(const struct write_set *set, uint64_t at)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->ranges[i].kind == WRITE_ANYTHING && at >= set->ranges[i].at &&
		    at < set->ranges[i].at + set->ranges[i].bytes)
			return true;
	return false;
}

/* Flip a bit of each byte, of the disk as it was and as it shall be. */
static void each_byte(void **state)
{
	struct gpt_disk disk = make_disk((struct gpt_disk){ .count = 8, .sectors = 900 });
	struct gpt_disk before = enlarge(&disk, 1000), wanted = enlarge(&disk, 1000);
	struct write_set set;

	(void)state;
	assert_int_equal(make_set(&disk, 1000, 0, false, &set), 0);
	apply(&set, wanted.bytes);
	for (uint64_t at = 0; at < before.size_bytes; at++) {
		/* Sectors as the fence has them, and the tail as one piece. */
		uint64_t tail = 997 * SECTOR, from = at < tail ? at / SECTOR * SECTOR : tail;
		uint64_t size = at < tail ? SECTOR : 3 * SECTOR, first = UINT64_MAX, count;
		uint8_t after[3 * SECTOR];

		memcpy(after, before.bytes + from, size);
		after[at - from] ^= 1;
		count = write_set_judge(&set, from, before.bytes + from, after, size, &first);
		assert_int_equal(count, is_anything(&set, at) ? 0 : 1);
		assert_true(count == 0 || first == at);
		memcpy(after, wanted.bytes + from, size);
		after[at - from] ^= 1;
		count = write_set_judge(&set, from, before.bytes + from, after, size, &first);
		assert_int_equal(count == 0, is_anything(&set, at));
	}
	assert_false(is_anything(&set, set.target.start_lba * SECTOR - 1));
	assert_false(is_anything(&set, set.target_end_lba * SECTOR));
	write_set_close(&set);
	gpt_disk_free(&disk);
	gpt_disk_free(&before);
	gpt_disk_free(&wanted);
}

/* Pieces that lie between the ranges, with a target that touches the tail. */
static void what_is_to_be_compared(void **state)
{
	struct gpt_disk disk = make_disk((struct gpt_disk){ .count = 8, .sectors = 900 });
	uint64_t at = 0, bytes, start;
	struct write_set set;

	(void)state;
	start = disk.first_usable + 200;
	assert_int_equal(make_set(&disk, start + 800 + 3, 0, false, &set), 0);
	assert_int_equal(set.target_end_lba, start + 800);
	assert_true(write_set_next(&set, &at, 5000 * SECTOR, &bytes));
	assert_int_equal(at, 0);
	assert_int_equal(bytes, SECTOR);
	at += bytes;
	assert_true(write_set_next(&set, &at, 5000 * SECTOR, &bytes));
	assert_int_equal(at, 2 * SECTOR); /* the sector of the entry */
	assert_int_equal(at + bytes, start * SECTOR);
	at += bytes;
	assert_true(write_set_next(&set, &at, 5000 * SECTOR, &bytes));
	assert_int_equal(at, (start + 803) * SECTOR);
	assert_int_equal(at + bytes, 5000 * SECTOR);
	/* Two numbers: of the entry, and of the one that protects the table. */
	assert_int_equal(write_set_within(&set, 0, SECTOR), 4);
	assert_int_equal(write_set_within(&set, 2 * SECTOR, SECTOR), 8);
	assert_int_equal(write_set_within(&set, 0, 5000 * SECTOR), (1 + 803) * SECTOR + 12);
	write_set_close(&set);
	gpt_disk_free(&disk);
}

static void assert_none(struct gpt_disk *disk, uint64_t sectors, unsigned number)
{
	struct write_set set;

	assert_int_equal(make_set(disk, sectors, number, false, &set), -1);
	assert_null(set.memory);
}

static void what_cannot_be_grown(void **state)
{
	struct gpt_disk disk = make_disk((struct gpt_disk){ 0 });
	struct write_set set;

	(void)state;
	assert_none(&disk, 5000, 2);
	assert_none(&disk, 5000, 129);
	assert_none(&disk, 300, 0);
	assert_none(&disk, 0, 0);
	/* Whatever is behind the last usable sector of the new disk. */
	assert_none(&disk, 434 + 32, 3);
	assert_int_equal(make_set(&disk, 434 + 33, 3, false, &set), 0);
	write_set_close(&set);
	/* Copies that contradict each other. */
	gpt_disk_at(&disk, disk.sectors - 1)[60] ^= 1;
	gpt_disk_seal_header(&disk, disk.sectors - 1);
	assert_none(&disk, 5000, 0);
	gpt_disk_at(&disk, disk.sectors - 1)[16] ^= 1; /* a damaged one does not count */
	assert_int_equal(make_set(&disk, 5000, 0, false, &set), 0);
	write_set_close(&set);
	gpt_disk_free(&disk);
	/* Entries behind the first usable sector, where the target would grow. */
	disk = make_disk(
		(struct gpt_disk){ .sectors = 2000, .entries_lba = 1000, .first_usable = 40 });
	assert_none(&disk, 5000, 0);
	gpt_disk_free(&disk);
}

/* A backup that is missing or lies elsewhere is all the same. */
static void where_the_backup_was(void **state)
{
	static const uint64_t alternates[] = { 0, 1, 2, 34, 500, 5000, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(alternates) / sizeof(alternates[0]); i++) {
		struct gpt_disk disk = make_disk((struct gpt_disk){ 0 }), wanted;

		put64(gpt_disk_at(&disk, 1) + 32, alternates[i]);
		gpt_disk_seal_header(&disk, 1);
		wanted = enlarge(&disk, 4000);
		/* 234 + 3732 sectors, down to 3728 */
		grow(&wanted, 1, 234 + 3728 - 1);
		assert_becomes(&disk, &wanted, 0, false);
		gpt_disk_free(&wanted);
		gpt_disk_free(&disk);
	}
}

static void the_primary_from_the_backup(void **state)
{
	static const struct gpt_disk specs[] = {
		{ 0 },
		{ .count = 5 },
		{ .count = 6, .entry_bytes = 256, .sector_bytes = 4096, .sectors = 450 },
		{ .first_usable = 100 },
		{ .entries_lba = 20, .first_usable = 60 }, /* they come to LBA 2 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct gpt_disk disk = make_disk(specs[i]), wanted;
		uint64_t start = disk.first_usable + 200, backup = disk.sectors - 1;
		uint64_t array_sectors = gpt_disk_array_sectors(&disk);
		size_t array_bytes = (size_t)disk.count * disk.entry_bytes;
		uint64_t grain = 4096 / disk.sector_bytes;

		gpt_disk_at(&disk, 1)[60] ^= 1;
		gpt_disk_entry(&disk, 1)[40] ^= 1;
		assert_none(&disk, 4000, 0);
		wanted = enlarge(&disk, 4000);
		wanted.entries_lba = 2;
		memcpy(gpt_disk_at(&wanted, 1), gpt_disk_at(&disk, backup), disk.sector_bytes);
		put64(gpt_disk_at(&wanted, 1) + 24, 1);
		put64(gpt_disk_at(&wanted, 1) + 72, 2);
		memcpy(gpt_disk_at(&wanted, 2), gpt_disk_at(&disk, backup - array_sectors),
		       array_bytes);
		grow(&wanted, 1, start + (4000 - 1 - array_sectors - start) / grain * grain - 1);
		assert_becomes(&disk, &wanted, 1, true);
		gpt_disk_free(&wanted);
		/* Both are damaged. */
		gpt_disk_at(&disk, backup)[60] ^= 1;
		struct write_set set;

		assert_int_equal(make_set(&disk, 4000, 0, true, &set), -1);
		gpt_disk_free(&disk);
	}
}

static void no_room_for_a_new_primary(void **state)
{
	struct gpt_disk disk = make_disk((struct gpt_disk){ 0 });
	uint64_t backup = disk.sectors - 1;
	struct write_set set;

	(void)state;
	put64(gpt_disk_at(&disk, backup) + 40, 33);
	gpt_disk_seal_header(&disk, backup);
	memset(gpt_disk_at(&disk, 1), 0, SECTOR);
	assert_int_equal(make_set(&disk, 4000, 0, true, &set), -1);
	put64(gpt_disk_at(&disk, backup) + 40, 34);
	gpt_disk_seal_header(&disk, backup);
	assert_int_equal(make_set(&disk, 4000, 0, true, &set), 0);
	write_set_close(&set);
	gpt_disk_free(&disk);
}

/* The four bytes of the first sector. */
static void the_size_of_the_protection(void **state)
{
	static const struct {
		unsigned slot, other; /* of an entry that is in use besides; 4: none */
		uint32_t size;
		uint64_t sectors_after;
		bool written;
		uint32_t after;
	} cases[] = {
		{ 0, 4, 2399, 4000, true, 3999 },
		{ 3, 4, 2399, 4000, true, 3999 },
		{ 0, 4, 1, 4000, true, 3999 }, /* it was wrong before */
		{ 0, 4, UINT32_MAX, 4000, false, 0 },
		{ 0, 1, 2399, 4000, false, 0 },
		{ 2, 0, 33, 4000, false, 0 },
		{ 0, 4, 2399, UINT64_C(1) << 32, true, UINT32_MAX },
		{ 0, 4, 2399, (UINT64_C(1) << 32) + 1, true, UINT32_MAX },
		{ 0, 4, 2399, (UINT64_C(1) << 32) - 1, true, UINT32_MAX - 1 },
		{ 0, 4, 2399, UINT64_C(1) << 40, true, UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gpt_disk disk = make_disk((struct gpt_disk){ 0 });
		uint8_t *entries = disk.bytes + 446;
		uint64_t at = 446 + 16 * cases[i].slot + 12;
		struct write_set set;

		memset(entries, 0, 64);
		entries[16 * cases[i].slot + 4] = 0xee;
		put32(entries + 16 * cases[i].slot + 8, 1);
		put32(entries + 16 * cases[i].slot + 12, cases[i].size);
		if (cases[i].other < 4)
			entries[16 * cases[i].other + 4] = 0x0c;
		assert_int_equal(make_set(&disk, cases[i].sectors_after, 0, false, &set), 0);
		assert_ranges_in_order(&set);
		assert_int_equal(set.ranges[0].at == at, cases[i].written);
		if (cases[i].written) {
			assert_int_equal(set.ranges[0].bytes, 4);
			assert_int_equal(get64(set.ranges[0].data) & UINT32_MAX, cases[i].after);
		} else {
			assert_int_equal(set.ranges[0].at, SECTOR);
		}
		write_set_close(&set);
		gpt_disk_free(&disk);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_bytes_of_a_grown_table),
	cmocka_unit_test(no_room),
	cmocka_unit_test(each_byte),
	cmocka_unit_test(what_is_to_be_compared),
	cmocka_unit_test(what_cannot_be_grown),
	cmocka_unit_test(where_the_backup_was),
	cmocka_unit_test(the_primary_from_the_backup),
	cmocka_unit_test(no_room_for_a_new_primary),
	cmocka_unit_test(the_size_of_the_protection),
};
UNIT_MAIN(tests)
