/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/events.h"
#include "agent/filesystem/mounted.h"
#include "agent/partition/role.h"
#include "base/text.h"
#include "stages.h"

#include <string.h>

#define LARGEST_BYTES (UINT64_C(1) << 62) /* a number of JSON holds it */

/* The tighter limit is the one that counts: a size that fits is named at once,
 * not one that only fits the other. */
static int check_limits(const struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	bool by_fs = grow->fs_limit.largest_disk_bytes < grow->table_limit.largest_disk_bytes;
	const struct limit *limit = by_fs ? &grow->fs_limit : &grow->table_limit;
	char size[TEXT_SIZE_CHARS];

	if (plan_is_within(plan, limit))
		return 0;
	if (by_fs)
		grow->fs->ops->refuse(grow->fs, layers_inside_after(grow), fault);
	else
		plan_refuse(plan, fault);
	if (plan->next_number == 0)
		fault_hint(fault, "the largest size this disk can have is %s (%llu bytes)",
			   text_of_size(size, limit->largest_disk_bytes),
			   (unsigned long long)limit->largest_disk_bytes);
	return -1;
}

static int refuse_larger(const struct grow *grow, struct fault *fault)
{
	const struct fs_facts *facts = grow->fs->facts;
	const uint64_t inside_bytes = layers_inside_before(grow);
	const uint64_t fs_bytes = facts->blocks > UINT64_MAX / facts->block_bytes
					  ? UINT64_MAX
					  : facts->blocks * facts->block_bytes;
	char fs_size[TEXT_SIZE_CHARS], inside_size[TEXT_SIZE_CHARS];
	char name[DISK_PART_NAME_BYTES];

	return fault_set(fault, REASON_FS_TOO_LARGE,
			 "the file system has %s (%llu bytes) and is larger than %s, which "
			 "has %s (%llu bytes)",
			 text_of_size(fs_size, fs_bytes), (unsigned long long)fs_bytes,
			 grow->layers.count > 0 ? grow->target.device
						: disk_part_name(grow->plan.number, name),
			 text_of_size(inside_size, inside_bytes), (unsigned long long)inside_bytes);
}

static int refuse_smaller(const struct fs_facts *facts, uint64_t min_bytes, struct fault *fault)
{
	char least[TEXT_SIZE_CHARS];

	text_of_size(least, min_bytes);
	fault_set(fault, REASON_FS_LIMIT, "%s cannot be grown to less than %s", facts->type, least);
	return fault_hint(fault, "ask for a disk that gives it %s at least", least);
}

bool decide_changed(const struct grow *grow)
{
	const struct disk *disk = &grow->disk;

	/* All of the room that the disk got may be left free. */
	return grow->gains || grow->plan.is_stale ||
	       (grow->plan.leave_sectors != 0 && disk->size_before_bytes != 0 &&
		disk->size_before_bytes != disk->size_bytes);
}

/* Where the partition may end at most: in whole sectors. */
static struct limit end_limit(const struct grow *grow)
{
	const struct plan *plan = &grow->plan;
	const uint64_t start_bytes = plan->start_lba * plan->sector_bytes;
	const struct fs *fs = grow->fs;
	struct limit limit;
	uint64_t most_bytes;

	if (grow->layers.count == 0)
		return fs->ops->limit(fs, start_bytes, plan->sector_bytes);
	limit = fs->ops->limit(fs, 0, plan->sector_bytes);
	most_bytes = layers_outside(grow, limit.largest_disk_bytes);
	if (most_bytes > LARGEST_BYTES - start_bytes)
		most_bytes = LARGEST_BYTES - start_bytes;
	limit.largest_disk_bytes = start_bytes + most_bytes - most_bytes % plan->sector_bytes;
	return limit;
}

/* From the partition's plan and the facts of its file system. */
static int plan_blocks(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	const struct fs *fs = grow->fs;
	const struct fs_facts *facts = fs->facts;

	if (facts->blocks > layers_inside_before(grow) / facts->block_bytes)
		return refuse_larger(grow, fault);
	grow->fs_limit = plan_limit_of_disk(plan, end_limit(grow));
	grow->blocks_after = fs->ops->blocks_for(fs, layers_inside_after(grow));
	if (grow->blocks_after < facts->blocks)
		grow->blocks_after = facts->blocks;
	if (grow->blocks_after > facts->blocks &&
	    grow->blocks_after * facts->block_bytes < fs->ops->size_min_bytes)
		return refuse_smaller(facts, fs->ops->size_min_bytes, fault);
	grow->gains = plan->sectors_after > plan->sectors_before ||
		      layers_inside_after(grow) > layers_inside_before(grow) ||
		      grow->blocks_after > facts->blocks;
	grow->changed = decide_changed(grow);
	return 0;
}

/* Of a file system that most likely passes them. A sealed process that will need a machine leaves
 * the check before in any case: another one can begin it at once. */
bool decide_may_leave(const struct grow *grow)
{
	const struct fs *fs = grow->fs;

	if (grow->layers.count > 0 || grow->request->repair != REPAIR_SAFE ||
	    strcmp(fs->facts->state, FS_CLEAN) != 0)
		return false;
	switch (grow->request->leave_checks) {
	case LEAVE_LONG:
		return fs->ops->is_check_long(fs) || (grow->setup->seal && fs->ops->grows_mounted);
	case LEAVE_BOTH:
		return fs->ops->grows_mounted;
	case LEAVE_NO:
		break;
	}
	return false;
}

/* A sealed process has told all that it can: to mount takes a kernel. */
static int check_can_grow(const struct grow *grow, struct fault *fault)
{
	if (!grow->setup->seal || !grow->changed || !grow->fs->ops->grows_mounted ||
	    grow->request->kind != REQUEST_GROW)
		return 0;
	return mounted_refuse_sealed(grow->fs->facts->type, fault);
}

/* What begins where the room of the target ends. Of an extended partition, what it holds. */
static const struct table_entry *find_obstacle(const struct grow *grow)
{
	const struct partition_table *table = &grow->table;
	const struct table_entry *next = plan_choose(table, grow->plan.next_number);
	const struct table_entry *first = NULL;

	for (size_t i = 0; i < table->count && next->part.is_container; i++) {
		const struct table_entry *entry = &table->entries[i];

		if (entry->part.container == next->part.number &&
		    (!first || entry->part.start_lba < first->part.start_lba))
			first = entry;
	}
	return first ? first : next;
}

int decide_room(const struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	char obstacle[ROLE_NAME_BYTES];

	if (check_limits(grow, fault) < 0)
		return -1;
	if (grow->gains || plan->next_number == 0)
		return 0;
	fault_set(fault, REASON_NO_ROOM_BEHIND,
		  "there is no free space after partition %u: %s begins there", plan->number,
		  role_describe(&grow->table, find_obstacle(grow), obstacle));
	if (strstr(obstacle, "(swap"))
		return fault_hint(fault, "--move-swap moves the swap to the end of the disk");
	return fault_hint(fault, "only free space directly after it can be given to it");
}

int stage_plan(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	char steps[STEPS_TEXT_BYTES];

	if (grow->request->partition_only)
		return partition_only_plan(grow, fault);
	if (plan_blocks(grow, fault) < 0)
		return -1;
	events_limit(grow->report, &grow->fs_limit);
	if (decide_room(grow, fault) < 0)
		return -1;
	grow->check_left = grow->changed && decide_may_leave(grow);
	layers_tell(grow);
	events_plan(grow->report, plan, grow->chosen.by, steps_text(grow, steps), grow->fs,
		    grow->blocks_after, grow->changed, grow->check_left);
	return check_can_grow(grow, fault);
}

int decide_again(struct grow *grow, struct fault *fault)
{
	const char *type = grow->fs->facts->type;

	fs_close(&grow->fs);
	if (fs_open(type, &grow->target, &grow->fs, fault) < 0)
		return -1;
	return plan_blocks(grow, fault) < 0 ? -1 : check_limits(grow, fault);
}
