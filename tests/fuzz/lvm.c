/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lvm's report of a group that an image describes, and what is chosen by it. The input: a byte of
 * the volume that is wanted, and the report. */
#include "fuzz.h"

#include "agent/layers/lvm_group.h"

#include <string.h>

static struct fault fault;

/* Whoever tells it makes it safe to show. */
static void refused(void)
{
	MUST(fault.reason != REASON_NONE && fault.message[0] != '\0');
}

static void judge_volume(const struct lvm_group *group, const struct lvm_volume *volume)
{
	size_t index = (size_t)(volume - group->volumes);

	MUST(index < group->count && volume == &group->volumes[index]);
	MUST(volume->name[0] != '[');
	if (lvm_volume_check(group, volume, &fault) < 0)
		refused();
	else
		MUST(volume->is_writable && strcmp(volume->layout, "linear") == 0);
}

static void judge(const struct lvm_group *group)
{
	MUST(group->name[0] != '\0' && group->extent_bytes > 0 && group->volumes);
	MUST(group->pv_extents >= group->pv_extents_used);
	MUST(lvm_group_extents_on(group, group->data_at_bytes) == 0);
	MUST(lvm_group_extents_on(group, UINT64_MAX) <= UINT64_MAX / group->extent_bytes);
	for (size_t i = 0; i < group->count; i++) {
		MUST(memchr(group->volumes[i].path, '\0', LAYER_PATH_BYTES));
		judge_volume(group, &group->volumes[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static const char *const wanted[] = { "", "root", "vg-0/root", "other" };
	const struct lvm_volume *volume;
	struct lvm_group group;

	if (size_bytes < 1)
		return 0;
	fault = (struct fault){ 0 };
	fuzz_arena_begin();
	if (lvm_group_read((const char *)data + 1, size_bytes - 1, "/dev/sda2", &group, &fault) <
	    0) {
		MUST(!group.volumes);
		refused();
		fuzz_arena_end();
		return 0;
	}
	judge(&group);
	volume = lvm_group_choose(&group, wanted[data[0] % 4], &fault);
	if (volume)
		judge_volume(&group, volume);
	else
		refused();
	if (lvm_group_check_copies(&group, (const char *)data + 1, size_bytes - 1, &fault) < 0)
		refused();
	lvm_group_free(&group);
	fuzz_arena_end();
	fuzz_accepted++;
	return 0;
}
