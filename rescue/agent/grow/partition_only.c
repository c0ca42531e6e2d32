/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A grow of the partition alone. What it holds is named, as far as libblkid knows it, but neither
 * opened nor written: it may be anything. */
#include "agent/devices/probe.h"
#include "agent/events.h"
#include "stages.h"

int partition_only_probe(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;

	if (partition_table_is_whole(&grow->table)) {
		fault_set(fault, REASON_TABLE_NOT_MBR,
			  "the disk has no partition table, and so no partition to grow");
		return fault_hint(fault, "qemu-img resize enlarges only the disk");
	}
	if (probe_partition(&grow->disk, plan->start_lba * plan->sector_bytes,
			    plan->sectors_before * plan->sector_bytes, grow->content, fault) < 0)
		return fault->reason == REASON_FS_AMBIGUOUS ? 0 : -1;
	return choose_check_content(grow, grow->content, fault);
}

int partition_only_plan(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	char steps[STEPS_TEXT_BYTES];

	grow->fs_limit = (struct limit){ REASON_NONE, UINT64_MAX };
	grow->gains = plan->sectors_after > plan->sectors_before;
	grow->changed = decide_changed(grow);
	if (decide_room(grow, fault) < 0)
		return -1;
	events_plan_partition(grow->report, plan, grow->chosen.by, steps_text(grow, steps),
			      grow->content, grow->changed);
	return 0;
}
