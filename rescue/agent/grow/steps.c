/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/events.h"
#include "agent/partition/table.h"
#include "agent/trace/recorder/recorder.h"
#include "base/io.h"
#include "stages.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPAIRS_SENT_MAX 50
#define PROGRESS_MS	 100 /* no more often than this */

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

static struct fs_tools tools_of(struct grow *grow)
{
	return (struct fs_tools){ .sbin = grow->sbin,
				  .run_dir = grow->setup->run_dir,
				  .sealed = grow->setup->seal != NULL,
				  .on_progress = on_progress,
				  .on_problem = on_problem,
				  .context = grow };
}

/* The file system, which has that many blocks now. */
static int check(struct grow *grow, const char *moment, uint64_t blocks, enum check_mode mode,
		 struct check_result *ret_result, struct fault *fault)
{
	struct fs_tools tools = tools_of(grow);
	struct check_result result = { .exit_status = -1, .repairs_complete = true };
	int checked;

	begin_step(grow, moment);
	checked = grow->fs->ops->check(grow->fs, blocks, mode, &tools, &result, fault);
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
	if (check(grow, "before", grow->fs->facts->blocks,
		  grow->request->repair == REPAIR_ALL ? CHECK_REPAIR_ALL : CHECK_REPAIR_SAFE,
		  &result, fault) < 0)
		return -1;
	return decide_again(grow, fault);
}

int stage_check_only(struct grow *grow, struct fault *fault)
{
	struct check_result result;

	return check(grow, grow->request->is_grown ? "after" : "before", grow->fs->facts->blocks,
		     CHECK_READ_ONLY, &result, fault);
}

static int stage_write_table(struct grow *grow, struct fault *fault)
{
	cleanup_partition_table struct partition_table after = { 0 };
	const struct plan *plan = &grow->plan;
	const bool grows = plan->sectors_after > plan->sectors_before;

	recorder_mark(grow->recorder, "table-write", "agent");
	if ((grows || plan->is_stale) &&
	    partition_table_write(&grow->disk, plan, may_repair_table(grow), fault) < 0)
		return -1;
	/* What is in the partition is no matter of the kernel, if it is not touched. */
	if (grows && grow->fs && partition_table_tell_kernel(&grow->disk, plan, fault) < 0)
		return -1;
	recorder_mark(grow->recorder, "table-written", "agent");
	grow->disk.size_before_bytes = 0; /* from now on the table fits the disk as it is */
	if (partition_table_read(&grow->disk, false, &after, fault) < 0)
		return -1;
	events_table(grow->report, &after, "after", grow->plan.number);
	return 0;
}

static int stage_resize(struct grow *grow, struct fault *fault)
{
	struct fs_tools tools = tools_of(grow);
	int exit_status = -1, grown;

	begin_step(grow, NULL);
	grown = grow->fs->ops->grow(grow->fs, grow->blocks_after, &tools, &exit_status, fault);
	if (exit_status >= 0)
		events_resize_end(grow->report, exit_status);
	return grown;
}

/* A grow can leave ordinary repairs behind. What was repaired is then proven clean by a
 * check that may change nothing. */
static int stage_check_after(struct grow *grow, struct fault *fault)
{
	struct check_result result;

	if (grow->check_left && grow->request->leave_checks == LEAVE_BOTH)
		return 0;
	if (check(grow, "after", grow->blocks_after, CHECK_REPAIR_SAFE, &result, fault) == 0)
		return result.exit_status == 0 ? 0
					       : check(grow, "after", grow->blocks_after,
						       CHECK_READ_ONLY, &result, fault);
	if (fault->reason != REASON_FS_UNCLEAN && fault->reason != REASON_FS_UNREPAIRABLE)
		return -1;
	return grow->fs->ops->refuse_damage(grow->fs, result.exit_status, fault);
}

static int verify_table(struct grow *grow, struct fault *fault)
{
	cleanup_partition_table struct partition_table table = { 0 };
	struct plan plan;

	if (partition_table_read(&grow->disk, false, &table, fault) < 0 ||
	    plan_partition(&table, grow->plan.number, &plan, fault) < 0)
		return -1;
	if (plan.start_lba != grow->plan.start_lba ||
	    plan.sectors_before != grow->plan.sectors_after || plan.is_stale)
		return fault_set(fault, REASON_NOT_VERIFIED,
				 "partition %u is not where it was planned", plan.number);
	return move_swap_verify(grow, &table, fault);
}

static int verify_fs(struct grow *grow, struct fault *fault)
{
	const uint64_t size_bytes = layers_inside_after(grow);
	cleanup_fs struct fs *fs = NULL;
	const struct fs_facts *facts;

	if (fs_open(grow->fs->facts->type, &grow->target, &fs, fault) < 0 ||
	    layers_verify(grow, fault) < 0)
		return -1;
	facts = fs->facts;
	if (facts->blocks != grow->blocks_after || strcmp(facts->state, FS_CLEAN) != 0)
		return fault_set(
			fault, REASON_NOT_VERIFIED,
			"the file system has %llu blocks and is %s; %llu blocks were planned",
			(unsigned long long)facts->blocks, facts->state,
			(unsigned long long)grow->blocks_after);
	events_verify(grow->report, facts->blocks, size_bytes - facts->blocks * facts->block_bytes);
	return 0;
}

static int stage_verify(struct grow *grow, struct fault *fault)
{
	if (verify_table(grow, fault) < 0)
		return -1;
	if (grow->fs)
		return verify_fs(grow, fault);
	events_verify_partition(grow->report);
	return 0;
}

static bool has_fs(const struct grow *grow)
{
	return grow->fs != NULL;
}

static bool has_layers(const struct grow *grow)
{
	return grow->layers.count > 0;
}

/* In order. The words are stages of the beats, and those of the plan event. */
static const struct step {
	const char *word;
	int (*run)(struct grow *grow, struct fault *fault);
	bool (*is_needed)(const struct grow *grow); /* NULL: always */
} steps[] = {
	{ "check-before", stage_check_before, has_fs },
	{ "move-swap", stage_move_swap, move_swap_is_needed },
	{ "write-table", stage_write_table, NULL },
	{ "grow-layers", stage_grow_layers, has_layers },
	{ "resize", stage_resize, has_fs },
	{ "check-after", stage_check_after, has_fs },
	{ "verify", stage_verify, NULL },
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static bool is_needed(const struct grow *grow, const struct step *step)
{
	return !step->is_needed || step->is_needed(grow);
}

const char *steps_text(const struct grow *grow, char out[static STEPS_TEXT_BYTES])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < STEPS && used < STEPS_TEXT_BYTES; i++)
		if (is_needed(grow, &steps[i]))
			used += (size_t)snprintf(out + used, STEPS_TEXT_BYTES - used, "%s%s",
						 used == 0 ? "" : " ", steps[i].word);
	return out;
}

int steps_carry_out(struct grow *grow, struct fault *fault)
{
	for (size_t i = 0; i < STEPS; i++) {
		if (!is_needed(grow, &steps[i]))
			continue;
		stage_enter(grow, steps[i].word);
		if (steps[i].run(grow, fault) < 0)
			return -1;
	}
	return 0;
}

int stage_flush(struct grow *grow, struct fault *fault)
{
	if (fsync(grow->disk.fd) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be flushed",
				       grow->disk.name);
	return 0;
}
