#include "job.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "boot/entropy.h"
#include "devices/probe.h"
#include "devices/settle.h"
#include "filesystem/ext_check.h"
#include "filesystem/ext_facts.h"
#include "filesystem/ext_grow.h"
#include "filesystem/ext_size.h"
#include "partition/table.h"
#include "tell.h"
#include "wire/limits.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define DISK_TIMEOUT_MS	 60000
#define NODE_TIMEOUT_MS	 10000
#define REPAIRS_SENT_MAX 50
#define PROGRESS_MS	 100 /* no more often than this */

struct job {
	const struct job_setup *setup;
	struct report report;
	struct request request;
	struct disk disk;
	struct table table;
	struct plan plan;
	struct limit table_limit, fs_limit;
	struct fs_target target;
	struct fs_facts facts;
	uint64_t blocks_after;
	bool changed;	    /* there is something to do */
	const char *moment; /* "before" or "after"; NULL in a resize */
	int percent;
	int64_t percent_ms; /* when it was sent last */
	unsigned repairs_sent;
};

static void on_uevent(void *context, const struct uevent *event)
{
	struct job *job = context;

	tell_uevent(&job->report, event);
}

static void on_tick(void *context)
{
	struct job *job = context;

	report_alive(&job->report);
}

static enum event_kind step_of(const struct job *job)
{
	return job->moment ? EVENT_CHECK : EVENT_RESIZE;
}

static void on_progress(void *context, int percent)
{
	struct job *job = context;

	report_alive(&job->report);
	if (percent <= job->percent || clock_ms() - job->percent_ms < PROGRESS_MS)
		return;
	job->percent = percent;
	job->percent_ms = clock_ms();
	tell_progress(&job->report, step_of(job), job->moment, percent);
}

static void on_problem(void *context, const struct fs_problem *problem)
{
	struct job *job = context;

	if (job->repairs_sent++ < REPAIRS_SENT_MAX)
		tell_repair(&job->report, job->moment, problem);
}

/* A check has a moment, a resize none. */
static void begin_step(struct job *job, const char *moment)
{
	job->moment = moment;
	job->percent = 0;
	tell_begin(&job->report, step_of(job), moment);
}

static struct settle settle_of(struct job *job)
{
	return (struct settle){ .uevent_fd = job->setup->uevent_fd,
				.on_uevent = on_uevent,
				.on_tick = on_tick,
				.context = job };
}

static struct fs_tools tools_of(struct job *job)
{
	return (struct fs_tools){ .sbin = job->setup->sbin,
				  .run_dir = job->setup->run_dir,
				  .on_progress = on_progress,
				  .context = job };
}

static int take_request(struct job *job, struct fault *fault)
{
	struct line_reader reader;
	char *line;
	size_t size_bytes;
	int got = line_reader_open(&reader, job->setup->wire_in, WIRE_LINE_MAX_BYTES), result = -1;

	if (got < 0)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the request");
	while ((got = line_reader_next(&reader, &line, &size_bytes)) == 0) {
		struct pollfd ready = { .fd = job->setup->wire_in, .events = POLLIN };

		report_alive(&job->report);
		/* A port whose host end is not connected says HUP and gives no
		 * bytes: poll(2) would spin, a short sleep does not. */
		if (poll(&ready, 1, 500) > 0 && !(ready.revents & POLLIN))
			poll(NULL, 0, 50);
		if (line_reader_fill(&reader) < 0 || (reader.end_of_file && job->setup->image))
			break;
	}
	if (got > 0)
		result = request_parse(line, &job->request, fault);
	else
		fault_set(fault, REASON_GUEST_PROTOCOL, "no request came over the wire");
	line_reader_close(&reader);
	return result;
}

/* What a machine that was saved and started again cannot know: what time it is,
 * and random numbers that no other one has. */
static int set_clock_and_seed(const struct job *job, struct fault *fault)
{
	const struct timeval now = { .tv_sec = (time_t)job->request.time_unix_s };
	const struct request *request = &job->request;

	if (job->setup->image)
		return 0;
	if (request->time_unix_s > 0)
		settimeofday(&now, NULL);
	return request->has_seed ? entropy_add(request->seed, sizeof(request->seed), fault) : 0;
}

static int stage_disk(struct job *job, struct fault *fault)
{
	struct settle settle = settle_of(job);
	int result = job->setup->image ? settle_file(job->setup->image, job->request.plan_only,
						     &job->disk, fault)
				       : settle_disk(&settle, DISK_TIMEOUT_MS, &job->disk, fault);

	if (result < 0)
		return -1;
	tell_disk(&job->report, &job->disk);
	return 0;
}

static int stage_table(struct job *job, struct fault *fault)
{
	if (table_read(&job->disk, &job->table, fault) < 0 || probe_disk(&job->disk, fault) < 0)
		return -1;
	if (plan_partition(&job->table, job->disk.size_bytes / job->disk.sector_bytes,
			   job->disk.sector_bytes, job->request.partition, &job->plan, fault) < 0)
		return -1;
	job->table_limit = plan_limit(&job->plan);
	tell_table(&job->report, &job->table, "before", job->plan.number);
	tell_limit(&job->report, &job->table_limit);
	return 0;
}

static int refuse_content(const struct job *job, const char *type, struct fault *fault)
{
	if (type[0] == '\0')
		fault_set(fault, REASON_FS_UNKNOWN, "partition %u holds nothing that is known",
			  job->plan.number);
	else
		fault_set(fault, REASON_FS_UNKNOWN, "partition %u holds %s, not ext2, ext3 or ext4",
			  job->plan.number, type);
	return fault_hint(fault, "only ext2, ext3 and ext4 can be grown yet; --partition chooses "
				 "another partition");
}

static int stage_probe(struct job *job, struct fault *fault)
{
	const struct plan *plan = &job->plan;
	const uint64_t start_bytes = plan->start_lba * plan->sector_bytes;
	struct settle settle = settle_of(job);
	char type[PROBE_TYPE_BYTES];

	if (probe_partition(&job->disk, start_bytes, plan->sectors_before * plan->sector_bytes,
			    type, fault) < 0)
		return -1;
	if (strcmp(type, "ext2") != 0 && strcmp(type, "ext3") != 0 && strcmp(type, "ext4") != 0)
		return refuse_content(job, type, fault);
	ext_facts_target(&job->disk, plan->number, start_bytes, &job->target);
	if (!job->disk.is_file &&
	    settle_node(&settle, job->target.device, NODE_TIMEOUT_MS, fault) < 0)
		return -1;
	return ext_facts_read(&job->target, &job->facts, fault);
}

/* The tighter limit is the one that counts: a size that fits is named at once,
 * not one that only fits the other. */
static int check_limits(const struct job *job, struct fault *fault)
{
	const struct plan *plan = &job->plan;
	bool by_fs = job->fs_limit.largest_disk_bytes < job->table_limit.largest_disk_bytes;
	const struct limit *limit = by_fs ? &job->fs_limit : &job->table_limit;

	if (plan_end_bytes(plan) <= limit->largest_disk_bytes)
		return 0;
	if (by_fs)
		ext_size_refuse(&job->facts, plan->sectors_after * plan->sector_bytes, fault);
	else
		plan_refuse(plan, fault);
	if (plan->next_number == 0)
		fault_hint(fault, "the largest size this disk can have is %llu bytes",
			   (unsigned long long)limit->largest_disk_bytes);
	return -1;
}

/* From the partition's plan and the facts of its file system. */
static int plan_blocks(struct job *job, struct fault *fault)
{
	const struct plan *plan = &job->plan;
	const struct fs_facts *facts = &job->facts;

	if (facts->blocks > plan->sectors_before * plan->sector_bytes / facts->block_bytes)
		return fault_set(fault, REASON_FS_TOO_LARGE,
				 "the file system is larger than partition %u", plan->number);
	job->fs_limit =
		ext_size_limit(facts, plan->start_lba * plan->sector_bytes, plan->sector_bytes);
	job->blocks_after = ext_size_blocks(facts, plan->sectors_after * plan->sector_bytes);
	if (job->blocks_after < facts->blocks)
		job->blocks_after = facts->blocks;
	job->changed =
		plan->sectors_after > plan->sectors_before || job->blocks_after > facts->blocks;
	return 0;
}

static int stage_plan(struct job *job, struct fault *fault)
{
	const struct plan *plan = &job->plan;

	if (plan_blocks(job, fault) < 0)
		return -1;
	tell_limit(&job->report, &job->fs_limit);
	if (check_limits(job, fault) < 0)
		return -1;
	if (!job->changed && plan->next_number != 0) {
		fault_set(fault, REASON_NO_ROOM_BEHIND,
			  "there is no free space behind partition %u: partition %u begins there",
			  plan->number, plan->next_number);
		return fault_hint(fault, "only free space directly behind it can be given to it");
	}
	tell_plan(&job->report, plan, &job->facts, job->blocks_after, job->changed);
	return 0;
}

/* The file system, which has that many blocks now. */
static int check(struct job *job, const char *moment, uint64_t blocks, enum check_mode mode,
		 struct check_result *ret_result, struct fault *fault)
{
	struct fs_tools tools = tools_of(job);
	struct fs_facts facts = job->facts;
	struct check_result result = { .exit_status = -1 };
	int checked;

	begin_step(job, moment);
	facts.blocks = blocks;
	checked = ext_check(&job->target, &facts, mode, &tools, on_problem, &result, fault);
	if (result.exit_status >= 0)
		tell_check_end(&job->report, moment, &result);
	*ret_result = result;
	return checked;
}

static int stage_check_before(struct job *job, struct fault *fault)
{
	struct check_result result;

	if (check(job, "before", job->facts.blocks,
		  job->request.repair == REPAIR_ALL ? CHECK_REPAIR_ALL : CHECK_REPAIR_SAFE, &result,
		  fault) < 0)
		return -1;
	/* A repair may have corrected the very fields that the plan used. */
	if (ext_facts_read(&job->target, &job->facts, fault) < 0)
		return -1;
	return plan_blocks(job, fault) < 0 ? -1 : check_limits(job, fault);
}

static int stage_write_table(struct job *job, struct fault *fault)
{
	struct table after;

	if (job->plan.sectors_after > job->plan.sectors_before &&
	    (table_write(&job->disk, &job->plan, fault) < 0 ||
	     table_tell_kernel(&job->disk, &job->plan, fault) < 0))
		return -1;
	if (table_read(&job->disk, &after, fault) < 0)
		return -1;
	tell_table(&job->report, &after, "after", job->plan.number);
	return 0;
}

static int stage_resize(struct job *job, struct fault *fault)
{
	struct fs_tools tools = tools_of(job);
	int exit_status = -1, grown;

	begin_step(job, NULL);
	grown = ext_grow(&job->target, &job->facts, job->blocks_after, &tools, &exit_status, fault);
	if (exit_status >= 0)
		tell_resize_end(&job->report, exit_status);
	return grown;
}

/* resize2fs 1.47.0 can leave stale checksums in an orphan file, and wrong free
 * counts in a bigalloc file system: ordinary repairs. What was repaired is then
 * proven clean by a check that may change nothing. */
static int stage_check_after(struct job *job, struct fault *fault)
{
	struct check_result result;

	if (check(job, "after", job->blocks_after, CHECK_REPAIR_SAFE, &result, fault) == 0)
		return result.exit_status == 0 ? 0
					       : check(job, "after", job->blocks_after,
						       CHECK_READ_ONLY, &result, fault);
	if (fault->reason != REASON_FS_UNCLEAN && fault->reason != REASON_FS_UNREPAIRABLE)
		return -1;
	if (job->facts.has_bigalloc)
		return fault_set(fault, REASON_FS_FEATURE,
				 "resize2fs cannot grow this bigalloc file system: it was damaged "
				 "afterwards");
	return fault_set(fault, REASON_NOT_VERIFIED,
			 "the file system was damaged after the resize (e2fsck status %d)",
			 result.exit_status);
}

static int stage_verify(struct job *job, struct fault *fault)
{
	const uint64_t size_bytes = job->plan.sectors_after * job->plan.sector_bytes;
	struct fs_facts facts;
	struct table table;
	struct plan plan;

	if (ext_facts_read(&job->target, &facts, fault) < 0 ||
	    table_read(&job->disk, &table, fault) < 0 ||
	    plan_partition(&table, job->disk.size_bytes / job->disk.sector_bytes,
			   job->disk.sector_bytes, job->plan.number, &plan, fault) < 0)
		return -1;
	if (facts.blocks != job->blocks_after || strcmp(facts.state, "clean") != 0)
		return fault_set(
			fault, REASON_NOT_VERIFIED,
			"the file system has %llu blocks and is %s; %llu blocks were planned",
			(unsigned long long)facts.blocks, facts.state,
			(unsigned long long)job->blocks_after);
	if (plan.start_lba != job->plan.start_lba || plan.sectors_before != job->plan.sectors_after)
		return fault_set(fault, REASON_NOT_VERIFIED,
				 "partition %u is not where it was planned", plan.number);
	tell_verify(&job->report, facts.blocks, size_bytes - facts.blocks * facts.block_bytes);
	return 0;
}

static int stage_flush(struct job *job, struct fault *fault)
{
	if (fsync(job->disk.fd) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be flushed",
				       job->disk.name);
	return 0;
}

/* In order. A request to plan, or a plan that changes nothing, ends before the
 * first stage that writes. */
static const struct stage {
	const char *name;
	bool writes;
	int (*run)(struct job *job, struct fault *fault);
} stages[] = {
	{ "disk", false, stage_disk },
	{ "table", false, stage_table },
	{ "probe", false, stage_probe },
	{ "plan", false, stage_plan },
	{ "check-before", true, stage_check_before },
	{ "write-table", true, stage_write_table },
	{ "resize", true, stage_resize },
	{ "check-after", true, stage_check_after },
	{ "verify", true, stage_verify },
	{ "flush", true, stage_flush },
};

static int run_stages(struct job *job, struct fault *fault)
{
	report_stage(&job->report, "request");
	if (take_request(job, fault) < 0 || set_clock_and_seed(job, fault) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (stages[i].writes && (job->request.plan_only || !job->changed))
			break;
		report_stage(&job->report, stages[i].name);
		if (stages[i].run(job, fault) < 0)
			return -1;
	}
	return 0;
}

int job_run(const struct job_setup *setup)
{
	struct job job = { .setup = setup, .disk = { .fd = -1 } };
	struct fault fault = { 0 };
	int result = report_open(&job.report, setup->wire_out, &fault);

	tell_hello(&job.report, setup->build_id);
	if (result == 0)
		result = run_stages(&job, &fault);
	close_fdp(&job.disk.fd);
	report_close(&job.report);
	if (result == 0) {
		tell_done(&job.report, job.changed && !job.request.plan_only);
		return STATUS_OK;
	}
	tell_fault(&job.report, &fault);
	return (int)reason_status(fault.reason);
}
