/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/events.h"
#include "agent/partition/role.h"
#include "base/text.h"
#include "stages.h"

#include <string.h>

/* The tighter limit is the one that counts: a size that fits is named at once,
 * not one that only fits the other. */
static int check_limits(const struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	bool by_fs = grow->fs_limit.largest_disk_bytes < grow->table_limit.largest_disk_bytes;
	const struct limit *limit = by_fs ? &grow->fs_limit : &grow->table_limit;

	if (plan_is_within(plan, limit))
		return 0;
	if (by_fs)
		grow->fs->ops->refuse(grow->fs, plan->sectors_after * plan->sector_bytes, fault);
	else
		plan_refuse(plan, fault);
	if (plan->next_number == 0)
		fault_hint(fault, "the largest size this disk can have is %llu bytes",
			   (unsigned long long)limit->largest_disk_bytes);
	return -1;
}

static int refuse_larger(const struct plan *plan, const struct fs_facts *facts, struct fault *fault)
{
	const uint64_t partition_bytes = plan->sectors_before * plan->sector_bytes;
	const uint64_t fs_bytes = facts->blocks > UINT64_MAX / facts->block_bytes
					  ? UINT64_MAX
					  : facts->blocks * facts->block_bytes;
	char fs_size[TEXT_SIZE_CHARS], partition_size[TEXT_SIZE_CHARS];
	char name[DISK_PART_NAME_BYTES];

	return fault_set(fault, REASON_FS_TOO_LARGE,
			 "the file system has %s (%llu bytes) and is larger than %s, which "
			 "has %s (%llu bytes)",
			 text_of_size(fs_size, fs_bytes), (unsigned long long)fs_bytes,
			 disk_part_name(plan->number, name),
			 text_of_size(partition_size, partition_bytes),
			 (unsigned long long)partition_bytes);
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

/* From the partition's plan and the facts of its file system. */
static int plan_blocks(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	const struct fs *fs = grow->fs;
	const struct fs_facts *facts = fs->facts;

	if (facts->blocks > plan->sectors_before * plan->sector_bytes / facts->block_bytes)
		return refuse_larger(plan, facts, fault);
	grow->fs_limit = plan_limit_of_disk(
		plan, fs->ops->limit(fs, plan->start_lba * plan->sector_bytes, plan->sector_bytes));
	grow->blocks_after = fs->ops->blocks_for(fs, plan->sectors_after * plan->sector_bytes);
	if (grow->blocks_after < facts->blocks)
		grow->blocks_after = facts->blocks;
	if (grow->blocks_after > facts->blocks &&
	    grow->blocks_after * facts->block_bytes < fs->ops->size_min_bytes)
		return refuse_smaller(facts, fs->ops->size_min_bytes, fault);
	grow->gains =
		plan->sectors_after > plan->sectors_before || grow->blocks_after > facts->blocks;
	grow->changed = decide_changed(grow);
	return 0;
}

/* Leave a long check, of a file system that most likely passes it, to another machine. */
static bool may_leave_check(const struct grow *grow)
{
	return grow->request->may_leave_check && grow->changed &&
	       grow->request->repair == REPAIR_SAFE &&
	       strcmp(grow->fs->facts->state, FS_CLEAN) == 0 &&
	       grow->fs->ops->is_check_long(grow->fs);
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
	return fault_hint(fault, "only free space directly after it can be given to it");
}

int stage_plan(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;

	if (grow->request->partition_only)
		return partition_only_plan(grow, fault);
	if (plan_blocks(grow, fault) < 0)
		return -1;
	events_limit(grow->report, &grow->fs_limit);
	if (decide_room(grow, fault) < 0)
		return -1;
	grow->check_left = may_leave_check(grow);
	events_plan(grow->report, plan, grow->chosen.by, grow->fs, grow->blocks_after,
		    grow->changed, grow->check_left);
	return 0;
}

int decide_again(struct grow *grow, struct fault *fault)
{
	const char *type = grow->fs->facts->type;

	fs_close(&grow->fs);
	if (fs_open(type, &grow->target, &grow->fs, fault) < 0)
		return -1;
	return plan_blocks(grow, fault) < 0 ? -1 : check_limits(grow, fault);
}
