/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/partition/plan.h"
#include "unit.h"

#include <string.h>

#define GIB_SECTORS UINT64_C(2097152)

#define ENTRIES_MAX 4

/* A table whose entries are not on the heap. */
struct sample {
	struct partition_table table;
	struct table_entry entries[ENTRIES_MAX];
};

static struct table_entry entry(unsigned number, uint64_t start_lba, uint64_t size_sectors)
{
	return (struct table_entry){ .part.number = number,
				     .part.start_lba = start_lba,
				     .part.size_sectors = size_sectors,
				     .part.type = 0x83 };
}

static struct sample openwrt(void)
{
	return (struct sample){ .table = { .label = "dos",
					   .sector_bytes = 512,
					   .grain_sectors = 1,
					   .sectors_max = MBR_SECTORS_MAX,
					   .count = 2 },
				.entries = { entry(1, 512, 32768), entry(2, 33792, 212992) } };
}

static struct sample of(size_t count, struct table_entry a, struct table_entry b,
			struct table_entry c)
{
	struct sample sample = openwrt();

	sample.table.count = count;
	sample.entries[0] = a;
	sample.entries[1] = b;
	sample.entries[2] = c;
	return sample;
}

/* The same partitions in a GPT of 128 entries. */
static struct sample gpt(void)
{
	struct sample sample = openwrt();

	strcpy(sample.table.label, "gpt");
	sample.table.tail_sectors = 33;
	sample.table.grain_sectors = 8;
	sample.table.sectors_max = 0;
	sample.entries[0].part.type = sample.entries[1].part.type = 0;
	return sample;
}

static struct plan planned(struct sample *sample, uint64_t disk_sectors, unsigned wanted)
{
	struct plan plan;
	struct fault fault;

	sample->table.entries = sample->entries;
	sample->table.disk_sectors = disk_sectors;
	if (plan_partition(&sample->table, wanted, &plan, &fault) < 0)
		fail_msg("%s", fault.message);
	return plan;
}

static void refused(struct sample *sample, uint64_t disk_sectors, unsigned wanted,
		    enum reason expected)
{
	struct plan plan;
	struct fault fault = { 0 };

	sample->table.entries = sample->entries;
	sample->table.disk_sectors = disk_sectors;
	assert_int_equal(plan_partition(&sample->table, wanted, &plan, &fault), -1);
	assert_int_equal(fault.reason, expected);
}

static void the_last_partition_reaches_the_end(void **state)
{
	struct sample table = openwrt();
	struct plan plan = planned(&table, 8 * GIB_SECTORS, 0);

	(void)state;
	assert_int_equal(plan.number, 2);
	assert_int_equal(plan.start_lba, 33792);
	assert_int_equal(plan.sectors_before, 212992);
	assert_int_equal(plan.start_lba + plan.sectors_after, 8 * GIB_SECTORS);
	assert_int_equal(plan.next_number, 0);
}

static void last_means_by_start_lba(void **state)
{
	struct sample table =
		of(2, entry(1, 100000, 1000), entry(4, 63, 1000), (struct table_entry){ 0 });

	(void)state;
	assert_int_equal(planned(&table, 200000, 0).number, 1);
}

static void a_named_partition_grows_to_the_next_one(void **state)
{
	struct sample table = of(3, entry(1, 63, 1000), entry(2, 9000, 1000), entry(3, 5000, 1000));
	struct plan plan = planned(&table, 200000, 1);

	(void)state;
	assert_int_equal(plan.start_lba, 63);
	assert_int_equal(plan.sectors_after, 5000 - 63);
	assert_int_equal(plan.next_number, 3);
}

static void two_tib_is_the_limit_of_the_last_one(void **state)
{
	struct sample table = openwrt();
	struct plan plan = planned(&table, UINT64_C(1) << 32, 0);
	struct limit limit = plan_limit(&plan);
	struct fault fault;

	(void)state;
	assert_int_equal(plan.sectors_after, (UINT64_C(1) << 32) - 33792);
	assert_int_equal(limit.reason, REASON_MBR_2TIB);
	assert_int_equal(limit.largest_disk_bytes, UINT64_C(1) << 41);
	assert_int_equal(plan_end_bytes(&plan), limit.largest_disk_bytes);
	plan = planned(&table, (UINT64_C(1) << 32) + 1, 0);
	assert_int_equal(plan_end_bytes(&plan), limit.largest_disk_bytes + 512);
	assert_int_equal(plan_refuse(&plan, &fault), -1);
	assert_int_equal(fault.reason, REASON_MBR_2TIB);
	assert_non_null(strstr(fault.message, "beyond 2 TiB, and the disk has 2199023256064"));
}

static void larger_sectors_reach_further(void **state)
{
	struct sample table = openwrt();
	struct plan plan;

	(void)state;
	table.table.sector_bytes = 4096;
	plan = planned(&table, UINT64_C(1) << 33, 0);
	assert_int_equal(plan_limit(&plan).largest_disk_bytes, UINT64_C(1) << 44);
}

static void a_partition_behind_is_the_limit_of_any_other(void **state)
{
	struct sample table = openwrt();
	struct plan plan = planned(&table, UINT64_C(1) << 40, 1);
	struct limit limit = plan_limit(&plan);

	(void)state;
	/* what the disk's size is does not matter */
	assert_int_equal(plan.sectors_after, 33792 - 512);
	assert_int_equal(limit.reason, REASON_NO_ROOM_BEHIND);
	assert_int_equal(limit.largest_disk_bytes, UINT64_C(33792) * 512);
	assert_int_equal(plan_end_bytes(&plan), limit.largest_disk_bytes);
}

static void the_largest_disk_there_is_can_be_reckoned(void **state)
{
	struct sample table = openwrt();
	const uint64_t sectors = (UINT64_C(1) << 63) / 512 - 1;
	struct plan plan = planned(&table, sectors, 0);

	(void)state;
	assert_int_equal(plan_end_bytes(&plan), sectors * 512);
	assert_true(plan_end_bytes(&plan) > plan_limit(&plan).largest_disk_bytes);
}

static void nonsense_is_refused(void **state)
{
	struct sample table = openwrt();

	(void)state;
	table.table.count = 0;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_EMPTY);
	table = openwrt();
	refused(&table, GIB_SECTORS, 3, REASON_NO_SUCH_PARTITION);
	refused(&table, 33792 + 212991, 0, REASON_TABLE_INVALID);
	table.entries[0].part.size_sectors = 40000;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
	table = openwrt();
	table.entries[1].part.size_sectors = 0;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
	table = openwrt();
	table.entries[0].part.start_lba = 0;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
}

/* A container from 1000 to 21000, in it logical ones at 1010 and 11010. */
static struct sample with_logical(void)
{
	struct sample table = openwrt();

	table.table.count = 4;
	table.entries[0] = (struct table_entry){ .part.number = 1,
						 .part.start_lba = 100,
						 .part.size_sectors = 800 };
	table.entries[1] = (struct table_entry){ .part.number = 2,
						 .part.start_lba = 1000,
						 .part.size_sectors = 20000,
						 .part.is_container = true };
	table.entries[2] = (struct table_entry){ .part.number = 5,
						 .part.start_lba = 1010,
						 .part.size_sectors = 9000,
						 .part.container = 2,
						 .part.ebr_lba = 1000 };
	table.entries[3] = (struct table_entry){ .part.number = 6,
						 .part.start_lba = 11010,
						 .part.size_sectors = 9000,
						 .part.container = 2,
						 .part.ebr_lba = 11000 };
	return table;
}

static void the_last_logical_one_grows_to_the_end(void **state)
{
	struct sample table = with_logical();
	struct plan plan = planned(&table, GIB_SECTORS, 0);

	(void)state;
	assert_int_equal(plan.number, 6);
	assert_int_equal(plan.start_lba + plan.sectors_after, GIB_SECTORS);
	assert_int_equal(plan.next_number, 0);
	plan = planned(&table, GIB_SECTORS, 5);
	assert_int_equal(plan.start_lba + plan.sectors_after, 11000); /* the next record */
	assert_int_equal(plan.next_number, 6);
	plan = planned(&table, GIB_SECTORS, 1);
	assert_int_equal(plan.start_lba + plan.sectors_after, 1000);
	assert_int_equal(plan.next_number, 2);
	refused(&table, GIB_SECTORS, 2, REASON_NO_SUCH_PARTITION);
	table.entries[3].part.ebr_lba = 1005; /* its record lies before number 5 */
	plan = planned(&table, GIB_SECTORS, 5);
	assert_int_equal(plan.start_lba + plan.sectors_after, 11010);
	assert_int_equal(plan.next_number, 6);
}

static void swap_behind_it_moves_by_whole_mib(void **state)
{
	struct sample table = with_logical();
	struct plan plan;
	struct fault fault = { 0 };

	(void)state;
	table.table.count = 3; /* a container of 20000 sectors, and in it number 5 alone */
	plan = planned(&table, GIB_SECTORS, 1);
	assert_int_equal(plan_move_swap(&table.table, &plan, &fault), 0);
	assert_true(plan_moves(&plan));
	assert_int_equal(plan.move.number, 5);
	assert_int_equal(plan.move.container, 2);
	assert_int_equal(plan.move.block_from_lba, 1000);
	assert_int_equal(plan.move.shift_sectors, (GIB_SECTORS - 21000) / 2048 * 2048);
	assert_int_equal(plan.next_number, 0);
	assert_int_equal(plan.start_lba + plan.sectors_after, 1000 + plan.move.shift_sectors);
	plan = planned(&table, 21000 + 2047, 1);
	assert_int_equal(plan_move_swap(&table.table, &plan, &fault), 0);
	assert_false(plan_moves(&plan));
	assert_int_equal(plan.next_number, 0);
	plan = planned(&table, GIB_SECTORS, 5); /* nothing lies behind it */
	assert_int_equal(plan_move_swap(&table.table, &plan, &fault), 0);
	assert_int_equal(plan.move.number, 0);
}

static void what_is_not_alone_does_not_move(void **state)
{
	struct sample table = with_logical();
	struct plan plan = planned(&table, GIB_SECTORS, 1);
	struct fault fault = { 0 };

	(void)state; /* two logical ones; then a logical target; then a record elsewhere */
	assert_int_equal(plan_move_swap(&table.table, &plan, &fault), -1);
	assert_int_equal(fault.reason, REASON_NO_ROOM_BEHIND);
	plan = planned(&table, GIB_SECTORS, 5);
	assert_int_equal(plan_move_swap(&table.table, &plan, &fault), -1);
	table.table.count = 3;
	table.entries[2].part.ebr_lba = 1004;
	plan = planned(&table, GIB_SECTORS, 1);
	assert_int_equal(plan_move_swap(&table.table, &plan, &fault), -1);
}

static void a_primary_behind_the_container_is_the_last(void **state)
{
	struct sample table = with_logical();
	struct plan plan;

	(void)state;
	table.entries[0].part.start_lba = 30000;
	plan = planned(&table, GIB_SECTORS, 0);
	assert_int_equal(plan.number, 1);
	plan = planned(&table, GIB_SECTORS, 6);
	assert_int_equal(plan.start_lba + plan.sectors_after, 30000);
	assert_int_equal(plan.next_number, 1);
}

static void an_empty_container_is_grown_around(void **state)
{
	struct sample table = with_logical();

	(void)state;
	table.table.count = 2;
	assert_int_equal(planned(&table, GIB_SECTORS, 0).number, 1);
	table.entries[0] = table.entries[1];
	table.table.count = 1;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_EMPTY);
}

static void records_may_not_lie_in_partitions(void **state)
{
	struct sample table = with_logical();

	(void)state;
	table.entries[2].part.size_sectors = 9991; /* to 11001 */
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
	table = with_logical();
	table.entries[0].part.size_sectors = 901; /* into the container */
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
}

static void a_disk_without_a_table_grows_as_a_whole(void **state)
{
	struct sample table = openwrt();
	struct plan plan;

	(void)state;
	table.table.count = 1;
	table.table.sectors_max = 0;
	table.entries[0] = (struct table_entry){ .part.number = 0, .part.size_sectors = 5000 };
	plan = planned(&table, GIB_SECTORS, 0);
	assert_int_equal(plan.number, 0);
	assert_int_equal(plan.start_lba, 0);
	assert_int_equal(plan.sectors_before, 5000);
	assert_int_equal(plan.sectors_after, GIB_SECTORS);
	assert_int_equal(plan_limit(&plan).reason, REASON_NONE);
	refused(&table, GIB_SECTORS, 1, REASON_NO_SUCH_PARTITION);
}

static void a_protective_entry_is_refused(void **state)
{
	struct sample table = openwrt();

	(void)state;
	table.entries[1].part.type = 0xee;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
}

static void a_gpt_keeps_its_tail_and_grows_by_grains(void **state)
{
	struct sample table = gpt();
	struct plan plan = planned(&table, GIB_SECTORS, 0);

	(void)state;
	assert_int_equal(plan.start_lba + plan.sectors_after, GIB_SECTORS - 40);
	plan = planned(&table, GIB_SECTORS - 7, 0);
	assert_int_equal(plan.start_lba + plan.sectors_after, GIB_SECTORS - 40);
	plan = planned(&table, GIB_SECTORS + 1, 0);
	assert_int_equal(plan.start_lba + plan.sectors_after, GIB_SECTORS - 32);
}

static void a_gpt_never_takes_anything_away(void **state)
{
	struct sample table = gpt();

	(void)state;
	table.entries[1].part.size_sectors = 212993;
	/* its odd end stays until a whole grain more fits */
	assert_int_equal(planned(&table, 33792 + 212993 + 33, 0).sectors_after, 212993);
	assert_int_equal(planned(&table, 33792 + 212999 + 33, 0).sectors_after, 212993);
	assert_int_equal(planned(&table, 33792 + 213000 + 33, 0).sectors_after, 213000);
	refused(&table, 33792 + 212992 + 33, 0, REASON_NO_ROOM_BEHIND);
	refused(&table, 33792 + 212992 + 33, 1, REASON_NO_ROOM_BEHIND);
	refused(&table, 33792 + 212992, 0, REASON_TABLE_INVALID);
}

static void a_gpt_has_no_limit_but_a_partition_behind(void **state)
{
	struct sample table = gpt();
	struct plan plan = planned(&table, UINT64_C(1) << 40, 0);
	struct limit limit = plan_limit(&plan);

	(void)state;
	assert_int_equal(limit.reason, REASON_NONE);
	assert_true(plan_is_within(&plan, &limit));
	plan = planned(&table, UINT64_C(1) << 40, 1);
	limit = plan_limit(&plan);
	assert_int_equal(limit.reason, REASON_NO_ROOM_BEHIND);
	assert_int_equal(limit.largest_disk_bytes, plan_end_bytes(&plan));
	assert_true(plan_is_within(&plan, &limit));
}

/* The limit of an end becomes the one of a disk: one sector more, and the target would end
 * behind it. */
static void the_limit_of_a_disk_is_exact(void **state)
{
	static const uint64_t ends[] = { GIB_SECTORS, GIB_SECTORS + 1, GIB_SECTORS + 7 };

	(void)state;
	for (size_t kind = 0; kind < 2; kind++)
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			struct sample table = kind == 0 ? openwrt() : gpt();
			struct plan plan = planned(&table, GIB_SECTORS / 2, 0);
			struct limit end = { REASON_FS_LIMIT, ends[i] * 512 };
			struct limit disk = plan_limit_of_disk(&plan, end);

			assert_int_equal(disk.reason, REASON_FS_LIMIT);
			plan = planned(&table, disk.largest_disk_bytes / 512, 0);
			assert_true(plan_is_within(&plan, &disk));
			assert_true(plan_end_bytes(&plan) <= end.largest_disk_bytes);
			plan = planned(&table, disk.largest_disk_bytes / 512 + 1, 0);
			assert_false(plan_is_within(&plan, &disk));
			assert_true(plan_end_bytes(&plan) > end.largest_disk_bytes);
		}
}

static void what_is_left_free_is_not_taken(void **state)
{
	struct sample mbr = openwrt(), table = gpt();
	struct limit end = { REASON_FS_LIMIT, UINT64_C(1) << 30 }, limit;
	struct plan plan;

	(void)state;
	mbr.table.leave_sectors = table.table.leave_sectors = 1000;
	assert_int_equal(planned(&mbr, 300000, 0).sectors_after, 300000 - 1000 - 33792);
	assert_int_equal(planned(&table, 300000, 0).sectors_after,
			 (300000 - 33 - 1000 - 33792) / 8 * 8);
	/* Nothing is taken away for it, and another partition is a bound of its own. */
	assert_int_equal(planned(&mbr, 247000, 0).sectors_after, 212992);
	assert_int_equal(planned(&table, 247000, 0).sectors_after, 212992);
	assert_int_equal(planned(&mbr, 300000, 1).sectors_after, 33792 - 512);
	mbr.table.leave_sectors = UINT64_C(1) << 50;
	assert_int_equal(planned(&mbr, 300000, 0).sectors_after, 212992);
	/* The disk may be larger by what is left free. */
	mbr.table.leave_sectors = 1000;
	plan = planned(&mbr, MBR_SECTORS_MAX + 1000, 0);
	limit = plan_limit(&plan);
	assert_int_equal(limit.largest_disk_bytes, (MBR_SECTORS_MAX + 1000) * 512);
	assert_true(plan_is_within(&plan, &limit));
	plan = planned(&mbr, MBR_SECTORS_MAX + 1001, 0);
	assert_false(plan_is_within(&plan, &limit));
	plan = planned(&table, 300000, 0);
	limit = plan_limit_of_disk(&plan, end);
	plan = planned(&table, limit.largest_disk_bytes / 512, 0);
	assert_true(plan_end_bytes(&plan) <= end.largest_disk_bytes);
	plan = planned(&table, limit.largest_disk_bytes / 512 + 1, 0);
	assert_true(plan_end_bytes(&plan) > end.largest_disk_bytes);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_left_free_is_not_taken),
	cmocka_unit_test(the_last_partition_reaches_the_end),
	cmocka_unit_test(last_means_by_start_lba),
	cmocka_unit_test(a_named_partition_grows_to_the_next_one),
	cmocka_unit_test(two_tib_is_the_limit_of_the_last_one),
	cmocka_unit_test(larger_sectors_reach_further),
	cmocka_unit_test(a_partition_behind_is_the_limit_of_any_other),
	cmocka_unit_test(the_largest_disk_there_is_can_be_reckoned),
	cmocka_unit_test(nonsense_is_refused),
	cmocka_unit_test(the_last_logical_one_grows_to_the_end),
	cmocka_unit_test(swap_behind_it_moves_by_whole_mib),
	cmocka_unit_test(what_is_not_alone_does_not_move),
	cmocka_unit_test(a_primary_behind_the_container_is_the_last),
	cmocka_unit_test(an_empty_container_is_grown_around),
	cmocka_unit_test(records_may_not_lie_in_partitions),
	cmocka_unit_test(a_disk_without_a_table_grows_as_a_whole),
	cmocka_unit_test(a_protective_entry_is_refused),
	cmocka_unit_test(a_gpt_keeps_its_tail_and_grows_by_grains),
	cmocka_unit_test(a_gpt_never_takes_anything_away),
	cmocka_unit_test(a_gpt_has_no_limit_but_a_partition_behind),
	cmocka_unit_test(the_limit_of_a_disk_is_exact),
};
UNIT_MAIN(tests)
