/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/partition/plan.h"
#include "unit.h"

#include <string.h>

#define GIB_SECTORS UINT64_C(2097152)

static struct partition_table openwrt(void)
{
	return (struct partition_table){ .label = "dos",
			       .count = 2,
			       .entries = { { 1, 512, 32768, 0x83, true },
					    { 2, 33792, 212992, 0x83, false } } };
}

static struct plan planned(const struct partition_table *table, uint64_t disk_sectors, unsigned wanted)
{
	struct plan plan;
	struct fault fault;

	if (plan_partition(table, disk_sectors, 512, wanted, &plan, &fault) < 0)
		fail_msg("%s", fault.message);
	return plan;
}

static void refused(const struct partition_table *table, uint64_t disk_sectors, unsigned wanted,
		    enum reason expected)
{
	struct plan plan;
	struct fault fault = { 0 };

	assert_int_equal(plan_partition(table, disk_sectors, 512, wanted, &plan, &fault), -1);
	assert_int_equal(fault.reason, expected);
}

static void the_last_partition_reaches_the_end(void **state)
{
	struct partition_table table = openwrt();
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
	struct partition_table table = { .count = 2,
			       .entries = { { 1, 100000, 1000, 0x83, false },
					    { 4, 63, 1000, 0x83, false } } };

	(void)state;
	assert_int_equal(planned(&table, 200000, 0).number, 1);
}

static void a_named_partition_grows_to_the_next_one(void **state)
{
	struct partition_table table = { .count = 3,
			       .entries = { { 1, 63, 1000, 0x83, false },
					    { 2, 9000, 1000, 0x83, false },
					    { 3, 5000, 1000, 0x82, false } } };
	struct plan plan = planned(&table, 200000, 1);

	(void)state;
	assert_int_equal(plan.start_lba, 63);
	assert_int_equal(plan.sectors_after, 5000 - 63);
	assert_int_equal(plan.next_number, 3);
}

static void two_tib_is_the_limit_of_the_last_one(void **state)
{
	struct partition_table table = openwrt();
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
	struct partition_table table = openwrt();
	struct plan plan;
	struct fault fault;

	(void)state;
	assert_int_equal(plan_partition(&table, UINT64_C(1) << 33, 4096, 0, &plan, &fault), 0);
	assert_int_equal(plan_limit(&plan).largest_disk_bytes, UINT64_C(1) << 44);
}

static void a_partition_behind_is_the_limit_of_any_other(void **state)
{
	struct partition_table table = openwrt();
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
	struct partition_table table = openwrt();
	const uint64_t sectors = (UINT64_C(1) << 63) / 512 - 1;
	struct plan plan = planned(&table, sectors, 0);

	(void)state;
	assert_int_equal(plan_end_bytes(&plan), sectors * 512);
	assert_true(plan_end_bytes(&plan) > plan_limit(&plan).largest_disk_bytes);
}

static void nonsense_is_refused(void **state)
{
	struct partition_table table = openwrt();

	(void)state;
	table.count = 0;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_EMPTY);
	table = openwrt();
	refused(&table, GIB_SECTORS, 3, REASON_NO_SUCH_PARTITION);
	refused(&table, 33792 + 212991, 0, REASON_TABLE_INVALID);
	table.entries[0].size_sectors = 40000;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
	table = openwrt();
	table.entries[1].size_sectors = 0;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
	table = openwrt();
	table.entries[0].start_lba = 0;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_INVALID);
}

static void containers_are_refused(void **state)
{
	static const unsigned types[] = { 0x05, 0x0f, 0x85 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct partition_table table = openwrt();

		table.entries[0].type = types[i];
		refused(&table, GIB_SECTORS, 0, REASON_EXTENDED_PRESENT);
	}
}

static void a_protective_entry_is_refused(void **state)
{
	struct partition_table table = openwrt();

	(void)state;
	table.entries[1].type = 0xee;
	refused(&table, GIB_SECTORS, 0, REASON_TABLE_NOT_MBR);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_last_partition_reaches_the_end),
	cmocka_unit_test(last_means_by_start_lba),
	cmocka_unit_test(a_named_partition_grows_to_the_next_one),
	cmocka_unit_test(two_tib_is_the_limit_of_the_last_one),
	cmocka_unit_test(larger_sectors_reach_further),
	cmocka_unit_test(a_partition_behind_is_the_limit_of_any_other),
	cmocka_unit_test(the_largest_disk_there_is_can_be_reckoned),
	cmocka_unit_test(nonsense_is_refused),
	cmocka_unit_test(containers_are_refused),
	cmocka_unit_test(a_protective_entry_is_refused),
};
UNIT_MAIN(tests)
