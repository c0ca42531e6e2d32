/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/devices/probe.h"
#include "agent/events.h"
#include "agent/partition/table.h"
#include "stages.h"

#include <limits.h>

#define DISK_TIMEOUT_MS INT_MAX /* the host knows how long it may take */
#define NODE_TIMEOUT_MS 10000

static void on_uevent(void *context, const struct uevent *event)
{
	struct grow *grow = context;

	if (!grow->request->record) /* else the recorder tells */
		events_uevent(grow->report, event);
}

static void on_tick(void *context)
{
	struct grow *grow = context;

	agent_report_alive(grow->report);
}

struct wait_device stage_waiting(struct grow *grow)
{
	return (struct wait_device){ .uevent_fd = grow->setup->uevent_fd,
				     .on_uevent = on_uevent,
				     .on_tick = on_tick,
				     .context = grow };
}

int stage_disk(struct grow *grow, struct fault *fault)
{
	struct wait_device waiting = stage_waiting(grow);
	const struct job_seal *seal = grow->setup->seal;
	int result;

	if (seal)
		result = seal->await_disk(on_tick, grow, fault) < 0
				 ? -1
				 : wait_device_open(grow->setup->image, &grow->disk, fault);
	else if (grow->setup->image)
		result = wait_device_file(grow->setup->image,
					  request_only_reads(grow->request->kind), &grow->disk,
					  fault);
	else
		result = wait_device_disk(&waiting, DISK_TIMEOUT_MS, &grow->disk, fault);
	if (result < 0)
		return -1;
	grow->disk.size_before_bytes = grow->request->disk_before_bytes;
	if (grow->disk.is_file)
		grow->disk.sector_bytes = partition_table_sector_bytes(&grow->disk);
	events_disk(grow->report, &grow->disk);
	return 0;
}

bool may_repair_table(const struct grow *grow)
{
	return grow->request->repair == REPAIR_ALL;
}

/* What stays free is counted in whole sectors; more than the disk is no more than that. */
static int take_leave(struct grow *grow, struct fault *fault)
{
	struct partition_table *table = &grow->table;
	const uint64_t leave_bytes = grow->request->leave_bytes;

	if (leave_bytes == 0)
		return 0;
	if (partition_table_is_whole(table)) {
		fault_set(fault, REASON_TABLE_NOT_MBR,
			  "the disk has no partition table: its file system fills it to its end");
		return fault_hint(fault, "use --leave only with a partition table");
	}
	table->leave_sectors =
		leave_bytes / table->sector_bytes + (leave_bytes % table->sector_bytes != 0);
	if (table->leave_sectors > table->disk_sectors)
		table->leave_sectors = table->disk_sectors;
	return 0;
}

int stage_table(struct grow *grow, struct fault *fault)
{
	struct partition_table *table = &grow->table;

	if (partition_table_read(&grow->disk, may_repair_table(grow), table, fault) < 0 ||
	    take_leave(grow, fault) < 0)
		return -1;
	/* A disk without a table is what the file system says; stage_probe asks it. */
	if ((!partition_table_is_whole(table) && probe_disk(&grow->disk, fault) < 0) ||
	    plan_check(table, fault) < 0 || choose_partition(grow, &grow->chosen, fault) < 0 ||
	    plan_partition(table, grow->chosen.number, &grow->plan, fault) < 0 ||
	    move_swap_plan(grow, fault) < 0)
		return -1;
	grow->table_limit = plan_limit(&grow->plan);
	events_table(grow->report, table, "before", grow->plan.number);
	events_table_repairs(grow->report, table);
	if (grow->table_limit.reason != REASON_NONE)
		events_limit(grow->report, &grow->table_limit);
	return 0;
}

int stage_probe(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	const uint64_t start_bytes = plan->start_lba * plan->sector_bytes;
	struct wait_device waiting = stage_waiting(grow);
	char type[PROBE_TYPE_BYTES];

	if (grow->request->partition_only)
		return partition_only_probe(grow, fault);
	if (probe_partition(&grow->disk, start_bytes, plan->sectors_before * plan->sector_bytes,
			    type, fault) < 0 ||
	    choose_check_content(grow, type, fault) < 0)
		return -1;
	if (!layer_find(type) && fs_check_type(type, plan->number, fault) < 0)
		return -1;
	fs_target_set(&grow->disk, plan->number, start_bytes, &grow->target);
	if (partition_table_add_to_kernel(&grow->disk, plan, fault) < 0)
		return -1;
	if (!grow->disk.is_file &&
	    wait_device_node(&waiting, grow->target.device, NODE_TIMEOUT_MS, fault) < 0)
		return -1;
	if (layers_open(grow, type, fault) < 0 || fs_check_type(type, plan->number, fault) < 0)
		return -1;
	return fs_open(type, &grow->target, &grow->fs, fault);
}
