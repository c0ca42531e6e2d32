/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/agent/layers/lvm_group.c: reports of lvm 2.03.16 about groups that it made. */
#include "agent/layers/lvm_group.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_BYTES 8192

static size_t load(const char *name, char report[REPORT_BYTES])
{
	char path[512];
	FILE *file;
	size_t got;

	snprintf(path, sizeof(path), TESTS_FOLDER "/unit/data/lvm-%s.json", name);
	file = fopen(path, "r");
	assert_non_null(file);
	got = fread(report, 1, REPORT_BYTES - 1, file);
	fclose(file);
	report[got] = '\0';
	return got;
}

static void read_good(const char *name, struct lvm_group *group)
{
	char report[REPORT_BYTES];
	size_t size_bytes = load(name, report);
	struct fault fault = { 0 };

	if (lvm_group_read(report, size_bytes, "/dev/sda2", group, &fault) < 0)
		fail_msg("%s: %s", name, fault.message);
}

/* With one text of the report replaced by another, if it is given. */
static void refused(const char *name, const char *from, const char *to, enum reason reason,
		    const char *says)
{
	char report[REPORT_BYTES], changed[REPORT_BYTES];
	size_t size_bytes = load(name, report);
	const char *at = from ? strstr(report, from) : report;
	struct lvm_group group;
	struct fault fault = { 0 };

	assert_non_null(at);
	if (from) {
		int used = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - report),
				    report, to, at + strlen(from));

		assert_in_range(used, 1, sizeof(changed) - 1);
		size_bytes = (size_t)used;
		strcpy(report, changed);
	}
	assert_int_equal(lvm_group_read(report, size_bytes, "/dev/sda2", &group, &fault), -1);
	assert_int_equal(fault.reason, reason);
	if (!strstr(fault.message, says))
		fail_msg("%s: \"%s\" does not say \"%s\"", name, fault.message, says);
	assert_null(group.volumes);
}

static void a_group_is_read(void **state)
{
	struct lvm_group group;

	(void)state;
	read_good("several", &group);
	assert_string_equal(group.name, "vg-0");
	assert_int_equal(strlen(group.pv_uuid), 38);
	assert_int_equal(group.extent_bytes, 4 << 20);
	assert_int_equal(group.data_at_bytes, 1 << 20);
	assert_int_equal(group.pv_extents, 49);
	assert_int_equal(group.pv_extents_used, 13 + 5 + 5);
	assert_int_equal(group.count, 3);
	assert_string_equal(group.volumes[0].name, "only");
	assert_string_equal(group.volumes[1].path, "/dev/mapper/vg--0-root");
	assert_int_equal(group.volumes[1].extents, 5);
	assert_true(group.volumes[1].is_writable);
	lvm_group_free(&group);
}

static void groups_that_cannot_be_grown_are_refused_by_name(void **state)
{
	(void)state;
	refused("exported", NULL, NULL, REASON_LAYER_FEATURE, "\"vg-0\" is exported");
	refused("several", "\"vg_systemid\":\"\"", "\"vg_systemid\":\"elsewhere\"",
		REASON_LAYER_FEATURE, "system ID");
	refused("two", NULL, NULL, REASON_LAYER_FEATURE, "several physical volumes");
	refused("missing", NULL, NULL, REASON_LAYER_FEATURE, "lacks a physical volume");
	refused("several", "\"vg_shared\":\"0\"", "\"vg_shared\":\"1\"", REASON_LAYER_FEATURE,
		"shared");
	refused("several", "\"vg_clustered\":\"0\"", "\"vg_clustered\":\"1\"", REASON_LAYER_FEATURE,
		"shared");
	refused("several", "\"pv_mda_count\":\"1\"", "\"pv_mda_count\":\"2\"", REASON_LAYER_FEATURE,
		"metadata area");
	refused("several", "\"pv_allocatable\":\"1\"", "\"pv_allocatable\":\"0\"",
		REASON_LAYER_FEATURE, "may not be allocated");
	refused("several", "\"vg_name\":\"vg-0\"", "\"vg_name\":\"\"", REASON_LAYER_FEATURE,
		"no volume group");
	refused("several", "\"lv_role\":\"public\"", "\"lv_role\":\"private,pvmove\"",
		REASON_LAYER_FEATURE, "pvmove");
}

static void a_report_that_makes_no_sense_is_refused(void **state)
{
	(void)state;
	refused("several", "]", "", REASON_LAYER_FAILED, "cannot be read");
	refused("several", "/dev/sda2", "/dev/sda1", REASON_LAYER_FAILED, "lvm finds none");
	refused("several", "\"vg_extent_size\":\"4194304\"", "\"vg_extent_size\":\"\"",
		REASON_LAYER_FAILED, "no sense");
	refused("several", "\"pv_pe_count\":\"49\"", "\"pv_pe_count\":\"22\"", REASON_LAYER_FAILED,
		"no sense");
}

static const char *chosen(const char *name, const char *wanted)
{
	static char volume[LAYER_NAME_BYTES];
	struct lvm_group group;
	struct fault fault = { 0 };
	const struct lvm_volume *found;

	read_good(name, &group);
	found = lvm_group_choose(&group, wanted, &fault);
	snprintf(volume, sizeof(volume), "%s", found ? found->name : reason_word(fault.reason));
	lvm_group_free(&group);
	return volume;
}

static void the_volume_is_the_only_one_or_root_or_the_one_that_is_named(void **state)
{
	(void)state;
	assert_string_equal(chosen("one", ""), "only");
	assert_string_equal(chosen("several", ""), "root");
	assert_string_equal(chosen("several", "swap"), "swap");
	assert_string_equal(chosen("several", "vg-0/only"), "only");
	assert_string_equal(chosen("several", "vg-1/only"), "no-such-volume");
	assert_string_equal(chosen("several", "vg-0"), "no-such-volume");
	assert_string_equal(chosen("no-volumes", ""), "no-such-volume");
}

static void several_volumes_without_a_root_are_listed(void **state)
{
	struct lvm_group group;
	struct fault fault = { 0 };

	(void)state;
	read_good("several", &group);
	strcpy(group.volumes[1].name, "home");
	assert_null(lvm_group_choose(&group, "", &fault));
	assert_int_equal(fault.reason, REASON_VOLUME_AMBIGUOUS);
	assert_non_null(strstr(fault.message, "only, home and swap"));
	assert_non_null(strstr(fault.hint, "--volume"));
	lvm_group_free(&group);
}

/* Words of lvmreport(7), and what lvm 2.03.16 says of such volumes. */
static void only_linear_volumes_can_be_grown(void **state)
{
	static const struct {
		const char *layout, *role, *says;
	} cases[] = {
		{ "thin,pool", "private", "thin" },
		{ "thin,sparse", "public", "thin" },
		{ "cache", "public", "cached" },
		{ "writecache", "public", "cached" },
		{ "raid,raid1", "public", "RAID" },
		{ "mirror", "public", "mirror" },
		{ "striped", "public", "striped" },
		{ "vdo", "public", "VDO" },
		{ "linear", "public,origin,thickorigin", "origin" },
		{ "linear", "public,snapshot,thicksnapshot", "snapshot" },
		{ "unknown", "public", "unknown" },
	};
	struct lvm_group group;
	struct lvm_volume volume;
	struct fault fault = { 0 };

	(void)state;
	read_good("one", &group);
	assert_int_equal(lvm_volume_check(&group, &group.volumes[0], &fault), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		volume = group.volumes[0];
		strcpy(volume.layout, cases[i].layout);
		strcpy(volume.role, cases[i].role);
		assert_int_equal(lvm_volume_check(&group, &volume, &fault), -1);
		assert_int_equal(fault.reason, REASON_LAYER_FEATURE);
		if (!strstr(fault.message, cases[i].says))
			fail_msg("%s does not say %s", fault.message, cases[i].says);
	}
	volume = group.volumes[0];
	volume.is_writable = false;
	assert_int_equal(lvm_volume_check(&group, &volume, &fault), -1);
	assert_non_null(strstr(fault.message, "read-only"));
	lvm_group_free(&group);
}

/* As lvm 2.03.16 reports a physical volume that was copied with dd. */
static void a_copy_of_the_physical_volume_is_noticed(void **state)
{
	static const char row[] = "{\"pv_name\":\"/dev/sda%d\",\"pv_uuid\":\"%s\"}";
	struct lvm_group group;
	char report[512];
	struct fault fault = { 0 };

	(void)state;
	read_good("one", &group);
	for (int copies = 0; copies < 3; copies++) {
		int used = snprintf(report, sizeof(report), "{\"report\":[{\"pv\":[");

		used += snprintf(report + used, sizeof(report) - (size_t)used, row, 9, "other");
		for (int i = 0; i < copies; i++) {
			used += snprintf(report + used, sizeof(report) - (size_t)used, ",");
			used += snprintf(report + used, sizeof(report) - (size_t)used, row, 2 + i,
					 group.pv_uuid);
		}
		used += snprintf(report + used, sizeof(report) - (size_t)used, "]}]}");
		assert_int_equal(lvm_group_check_copies(&group, report, (size_t)used, &fault),
				 copies == 1 ? 0 : -1);
		if (copies == 2)
			assert_non_null(strstr(fault.message, "twice"));
	}
	lvm_group_free(&group);
}

static void extents_are_counted_as_lvm_does(void **state)
{
	struct lvm_group group;

	(void)state;
	read_good("one", &group);
	/* 200 MiB: lvm itself has said so. */
	assert_int_equal(lvm_group_extents_on(&group, UINT64_C(200) << 20), group.pv_extents);
	assert_int_equal(lvm_group_extents_on(&group, (UINT64_C(201) << 20) - 1), 49);
	assert_int_equal(lvm_group_extents_on(&group, UINT64_C(201) << 20), 50);
	assert_int_equal(lvm_group_extents_on(&group, 1 << 20), 0);
	lvm_group_free(&group);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_group_is_read),
	cmocka_unit_test(groups_that_cannot_be_grown_are_refused_by_name),
	cmocka_unit_test(a_report_that_makes_no_sense_is_refused),
	cmocka_unit_test(the_volume_is_the_only_one_or_root_or_the_one_that_is_named),
	cmocka_unit_test(several_volumes_without_a_root_are_listed),
	cmocka_unit_test(only_linear_volumes_can_be_grown),
	cmocka_unit_test(a_copy_of_the_physical_volume_is_noticed),
	cmocka_unit_test(extents_are_counted_as_lvm_does),
};
UNIT_MAIN(tests)
