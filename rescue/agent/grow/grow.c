/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "grow.h"

#include "agent/devices/probe.h"
#include "agent/devices/wait_device.h"
#include "agent/events.h"
#include "agent/filesystem/ext_check.h"
#include "agent/filesystem/ext_facts.h"
#include "agent/filesystem/ext_grow.h"
#include "agent/filesystem/ext_size.h"
#include "agent/partition/table.h"
#include "agent/trace/recorder/recorder.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define DISK_TIMEOUT_MS	  INT_MAX /* how long it may take, the host knows */
#define NODE_TIMEOUT_MS	  10000
#define REPAIRS_SENT_MAX  50
#define LEFT_CHECK_INODES 50000 /* that many in use; beside.sh has the same number */
#define PROGRESS_MS	  100	/* no more often than this */

struct grow {
	const struct job_setup *setup;
	const struct request *request;
	struct agent_report *report;
	struct recorder *recorder; /* or NULL */
	struct disk disk;
	struct table table;
	struct plan plan;
	struct limit table_limit, fs_limit;
	struct fs_target target;
	struct fs_facts facts;
	uint64_t blocks_after;
	bool check_left;    /* the check before is another machine's */
	bool changed;	    /* there is something to do */
	const char *moment; /* "before" or "after"; NULL in a resize */
	int percent;
	int64_t percent_ms; /* when it was sent last */
	unsigned repairs_sent;
};

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

static enum event_kind step_of(const struct grow *grow)
{
	return grow->moment ? EVENT_CHECK : EVENT_RESIZE;
}

static void on_progress(void *context, int percent)
{
	struct grow *grow = context;

	agent_report_alive(grow->report);
	if (percent <= grow->percent || clock_ms() - grow->percent_ms < PROGRESS_MS)
		return;
	grow->percent = percent;
	grow->percent_ms = clock_ms();
	events_progress(grow->report, step_of(grow), grow->moment, percent);
}

static void on_problem(void *context, const struct fs_problem *problem)
{
	struct grow *grow = context;

	if (grow->repairs_sent++ < REPAIRS_SENT_MAX)
		events_repair(grow->report, grow->moment, problem);
}

/* A check has a moment, a resize none. */
static void begin_step(struct grow *grow, const char *moment)
{
	grow->moment = moment;
	grow->percent = 0;
	events_begin(grow->report, step_of(grow), moment);
}

static struct wait_device waiting_of(struct grow *grow)
{
	return (struct wait_device){ .uevent_fd = grow->setup->uevent_fd,
				     .on_uevent = on_uevent,
				     .on_tick = on_tick,
				     .context = grow };
}

static struct fs_tools tools_of(struct grow *grow)
{
	return (struct fs_tools){ .sbin = grow->setup->sbin,
				  .run_dir = grow->setup->run_dir,
				  .on_progress = on_progress,
				  .context = grow };
}

static int stage_disk(struct grow *grow, struct fault *fault)
{
	struct wait_device waiting = waiting_of(grow);
	int result = grow->setup->image
			     ? wait_device_file(grow->setup->image,
						request_only_reads(grow->request->kind),
						&grow->disk, fault)
			     : wait_device_disk(&waiting, DISK_TIMEOUT_MS, &grow->disk, fault);

	if (result < 0)
		return -1;
	events_disk(grow->report, &grow->disk);
	return 0;
}

static int stage_table(struct grow *grow, struct fault *fault)
{
	if (table_read(&grow->disk, &grow->table, fault) < 0 || probe_disk(&grow->disk, fault) < 0)
		return -1;
	if (plan_partition(&grow->table, grow->disk.size_bytes / grow->disk.sector_bytes,
			   grow->disk.sector_bytes, grow->request->partition, &grow->plan,
			   fault) < 0)
		return -1;
	grow->table_limit = plan_limit(&grow->plan);
	events_table(grow->report, &grow->table, "before", grow->plan.number);
	events_limit(grow->report, &grow->table_limit);
	return 0;
}

static int refuse_content(const struct grow *grow, const char *type, struct fault *fault)
{
	if (type[0] == '\0')
		fault_set(fault, REASON_FS_UNKNOWN, "partition %u holds nothing that is known",
			  grow->plan.number);
	else
		fault_set(fault, REASON_FS_UNKNOWN, "partition %u holds %s, not ext2, ext3 or ext4",
			  grow->plan.number, type);
	return fault_hint(fault, "only ext2, ext3 and ext4 can be grown yet; --partition chooses "
				 "another partition");
}

static int stage_probe(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	const uint64_t start_bytes = plan->start_lba * plan->sector_bytes;
	struct wait_device waiting = waiting_of(grow);
	char type[PROBE_TYPE_BYTES];

	if (probe_partition(&grow->disk, start_bytes, plan->sectors_before * plan->sector_bytes,
			    type, fault) < 0)
		return -1;
	if (strcmp(type, "ext2") != 0 && strcmp(type, "ext3") != 0 && strcmp(type, "ext4") != 0)
		return refuse_content(grow, type, fault);
	ext_facts_target(&grow->disk, plan->number, start_bytes, &grow->target);
	if (!grow->disk.is_file &&
	    wait_device_node(&waiting, grow->target.device, NODE_TIMEOUT_MS, fault) < 0)
		return -1;
	return ext_facts_read(&grow->target, &grow->facts, fault);
}

/* The tighter limit is the one that counts: a size that fits is named at once,
 * not one that only fits the other. */
static int check_limits(const struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	bool by_fs = grow->fs_limit.largest_disk_bytes < grow->table_limit.largest_disk_bytes;
	const struct limit *limit = by_fs ? &grow->fs_limit : &grow->table_limit;

	if (plan_end_bytes(plan) <= limit->largest_disk_bytes)
		return 0;
	if (by_fs)
		ext_size_refuse(&grow->facts, plan->sectors_after * plan->sector_bytes, fault);
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

	return fault_set(fault, REASON_FS_TOO_LARGE,
			 "the file system has %s (%llu bytes) and is larger than partition %u, "
			 "which has %s (%llu bytes)",
			 text_of_size(fs_size, fs_bytes), (unsigned long long)fs_bytes,
			 plan->number, text_of_size(partition_size, partition_bytes),
			 (unsigned long long)partition_bytes);
}

/* From the partition's plan and the facts of its file system. */
static int plan_blocks(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;
	const struct fs_facts *facts = &grow->facts;

	if (facts->blocks > plan->sectors_before * plan->sector_bytes / facts->block_bytes)
		return refuse_larger(plan, facts, fault);
	grow->fs_limit =
		ext_size_limit(facts, plan->start_lba * plan->sector_bytes, plan->sector_bytes);
	grow->blocks_after = ext_size_blocks(facts, plan->sectors_after * plan->sector_bytes);
	if (grow->blocks_after < facts->blocks)
		grow->blocks_after = facts->blocks;
	grow->changed =
		plan->sectors_after > plan->sectors_before || grow->blocks_after > facts->blocks;
	return 0;
}

/* A check that takes longer than it takes to start another machine; of a file
 * system that most likely passes it. */
static bool may_leave_check(const struct grow *grow)
{
	const struct fs_facts *facts = &grow->facts;

	return grow->request->may_leave_check && grow->changed &&
	       grow->request->repair == REPAIR_SAFE && strcmp(facts->state, "clean") == 0 &&
	       facts->inodes >= facts->free_inodes + (uint64_t)LEFT_CHECK_INODES;
}

static int stage_plan(struct grow *grow, struct fault *fault)
{
	const struct plan *plan = &grow->plan;

	if (plan_blocks(grow, fault) < 0)
		return -1;
	events_limit(grow->report, &grow->fs_limit);
	if (check_limits(grow, fault) < 0)
		return -1;
	if (!grow->changed && plan->next_number != 0) {
		fault_set(fault, REASON_NO_ROOM_BEHIND,
			  "there is no free space behind partition %u: partition %u begins there",
			  plan->number, plan->next_number);
		return fault_hint(fault, "only free space directly behind it can be given to it");
	}
	grow->check_left = may_leave_check(grow);
	events_plan(grow->report, plan, &grow->facts, grow->blocks_after, grow->changed,
		    grow->check_left);
	return 0;
}

/* The file system, which has that many blocks now. */
static int check(struct grow *grow, const char *moment, uint64_t blocks, enum check_mode mode,
		 struct check_result *ret_result, struct fault *fault)
{
	struct fs_tools tools = tools_of(grow);
	struct fs_facts facts = grow->facts;
	struct check_result result = { .exit_status = -1, .repairs_complete = true };
	int checked;

	begin_step(grow, moment);
	facts.blocks = blocks;
	checked = ext_check(&grow->target, &facts, mode, &tools, on_problem, &result, fault);
	if (result.exit_status >= 0)
		events_check_end(grow->report, moment, &result);
	*ret_result = result;
	return checked;
}

static int stage_check_before(struct grow *grow, struct fault *fault)
{
	struct check_result result;

	if (grow->check_left)
		return 0;
	if (check(grow, "before", grow->facts.blocks,
		  grow->request->repair == REPAIR_ALL ? CHECK_REPAIR_ALL : CHECK_REPAIR_SAFE,
		  &result, fault) < 0)
		return -1;
	/* A repair may have corrected the very fields that the plan used. */
	if (ext_facts_read(&grow->target, &grow->facts, fault) < 0)
		return -1;
	return plan_blocks(grow, fault) < 0 ? -1 : check_limits(grow, fault);
}

static int stage_check_only(struct grow *grow, struct fault *fault)
{
	struct check_result result;

	return check(grow, "before", grow->facts.blocks, CHECK_READ_ONLY, &result, fault);
}

static int stage_write_table(struct grow *grow, struct fault *fault)
{
	struct table after;

	recorder_mark(grow->recorder, "table-write", "agent");
	if (grow->plan.sectors_after > grow->plan.sectors_before &&
	    (table_write(&grow->disk, &grow->plan, fault) < 0 ||
	     table_tell_kernel(&grow->disk, &grow->plan, fault) < 0))
		return -1;
	recorder_mark(grow->recorder, "table-written", "agent");
	if (table_read(&grow->disk, &after, fault) < 0)
		return -1;
	events_table(grow->report, &after, "after", grow->plan.number);
	return 0;
}

static int stage_resize(struct grow *grow, struct fault *fault)
{
	struct fs_tools tools = tools_of(grow);
	int exit_status = -1, grown;

	begin_step(grow, NULL);
	grown = ext_grow(&grow->target, &grow->facts, grow->blocks_after, &tools, &exit_status,
			 fault);
	if (exit_status >= 0)
		events_resize_end(grow->report, exit_status);
	return grown;
}

/* resize2fs 1.47.0 can leave stale checksums in an orphan file, and wrong free
 * counts in a bigalloc file system: ordinary repairs. What was repaired is then
 * proven clean by a check that may change nothing. */
static int stage_check_after(struct grow *grow, struct fault *fault)
{
	struct check_result result;

	if (check(grow, "after", grow->blocks_after, CHECK_REPAIR_SAFE, &result, fault) == 0)
		return result.exit_status == 0 ? 0
					       : check(grow, "after", grow->blocks_after,
						       CHECK_READ_ONLY, &result, fault);
	if (fault->reason != REASON_FS_UNCLEAN && fault->reason != REASON_FS_UNREPAIRABLE)
		return -1;
	if (grow->facts.has_bigalloc)
		return fault_set(fault, REASON_FS_FEATURE,
				 "resize2fs cannot grow this bigalloc file system: it was damaged "
				 "afterwards");
	return fault_set(fault, REASON_NOT_VERIFIED,
			 "the file system was damaged after the resize (e2fsck status %d)",
			 result.exit_status);
}

static int stage_verify(struct grow *grow, struct fault *fault)
{
	const uint64_t size_bytes = grow->plan.sectors_after * grow->plan.sector_bytes;
	struct fs_facts facts;
	struct table table;
	struct plan plan;

	if (ext_facts_read(&grow->target, &facts, fault) < 0 ||
	    table_read(&grow->disk, &table, fault) < 0 ||
	    plan_partition(&table, grow->disk.size_bytes / grow->disk.sector_bytes,
			   grow->disk.sector_bytes, grow->plan.number, &plan, fault) < 0)
		return -1;
	if (facts.blocks != grow->blocks_after || strcmp(facts.state, "clean") != 0)
		return fault_set(
			fault, REASON_NOT_VERIFIED,
			"the file system has %llu blocks and is %s; %llu blocks were planned",
			(unsigned long long)facts.blocks, facts.state,
			(unsigned long long)grow->blocks_after);
	if (plan.start_lba != grow->plan.start_lba ||
	    plan.sectors_before != grow->plan.sectors_after)
		return fault_set(fault, REASON_NOT_VERIFIED,
				 "partition %u is not where it was planned", plan.number);
	events_verify(grow->report, facts.blocks, size_bytes - facts.blocks * facts.block_bytes);
	return 0;
}

static int stage_flush(struct grow *grow, struct fault *fault)
{
	if (fsync(grow->disk.fd) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be flushed",
				       grow->disk.name);
	return 0;
}

/* When a stage has its turn. */
enum turn {
	TURN_ALWAYS,
	TURN_CHECK, /* in a request to check */
	TURN_PLAN,  /* in one to plan or to grow */
	TURN_GROW   /* in one to grow, where there is something to do */
};

/* In order. */
static const struct stage {
	const char *name;
	enum turn turn;
	int (*run)(struct grow *grow, struct fault *fault);
} stages[] = {
	{ "disk", TURN_ALWAYS, stage_disk },
	{ "table", TURN_ALWAYS, stage_table },
	{ "probe", TURN_ALWAYS, stage_probe },
	{ "check", TURN_CHECK, stage_check_only },
	{ "plan", TURN_PLAN, stage_plan },
	{ "check-before", TURN_GROW, stage_check_before },
	{ "write-table", TURN_GROW, stage_write_table },
	{ "resize", TURN_GROW, stage_resize },
	{ "check-after", TURN_GROW, stage_check_after },
	{ "verify", TURN_GROW, stage_verify },
	{ "flush", TURN_GROW, stage_flush },
};

static bool has_turn(const struct grow *grow, enum turn turn)
{
	enum request_kind kind = grow->request->kind;

	switch (turn) {
	case TURN_ALWAYS:
		return true;
	case TURN_CHECK:
		return kind == REQUEST_CHECK;
	case TURN_PLAN:
		return kind != REQUEST_CHECK;
	case TURN_GROW:
		return kind == REQUEST_GROW && grow->changed;
	}
	return false;
}

int grow_run(const struct job_setup *setup, const struct request *request,
	     struct agent_report *report, struct recorder *recorder, bool *ret_changed,
	     struct fault *fault)
{
	struct grow grow = {
		.setup = setup,
		.request = request,
		.report = report,
		.recorder = recorder,
		.disk = { .fd = -1 },
	};
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (!has_turn(&grow, stages[i].turn))
			continue;
		agent_report_stage(report, stages[i].name);
		recorder_mark(recorder, "stage", stages[i].name);
		result = stages[i].run(&grow, fault);
	}
	if (recorder && grow.disk.name[0] != '\0')
		recorder_list(recorder, grow.disk.name, "after-table");
	if (grow.disk.fd >= 0)
		close(grow.disk.fd);
	*ret_changed = grow.changed && request->kind == REQUEST_GROW;
	return result;
}
