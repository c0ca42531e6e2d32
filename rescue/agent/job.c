#include "job.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "devices/probe.h"
#include "devices/settle.h"
#include "filesystem/ext_check.h"
#include "filesystem/ext_facts.h"
#include "filesystem/ext_grow.h"
#include "filesystem/ext_size.h"
#include "partition/table.h"
#include "wire/limits.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <sys/utsname.h>
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
	struct fs_target target;
	struct fs_facts facts;
	uint64_t blocks_after;
	bool changed;	    /* there is something to do */
	const char *moment; /* "before" or "after" */
	enum event_kind progress_kind;
	int percent;
	int64_t percent_ms; /* when it was sent last */
	unsigned repairs_sent;
};

static void on_uevent(void *context, const struct uevent *event)
{
	struct job *job = context;

	report_event(&job->report, EVENT_UEVENT,
		     json_pack("{s:s, s:s, s:s, s:I}", "action", event->action, "devpath",
			       event->devpath, "subsystem", event->subsystem, "seqnum",
			       (json_int_t)event->seqnum));
}

static void on_tick(void *context)
{
	struct job *job = context;

	report_beat(&job->report);
}

static void on_progress(void *context, int percent)
{
	struct job *job = context;

	report_beat(&job->report);
	if (percent <= job->percent || clock_ms() - job->percent_ms < PROGRESS_MS)
		return;
	job->percent = percent;
	job->percent_ms = clock_ms();
	if (job->progress_kind == EVENT_CHECK)
		report_event(&job->report, EVENT_CHECK,
			     json_pack("{s:s, s:s, s:i}", "moment", job->moment, "state",
				       "progress", "percent", percent));
	else
		report_event(&job->report, EVENT_RESIZE,
			     json_pack("{s:s, s:i}", "state", "progress", "percent", percent));
}

static void on_problem(void *context, const struct fs_problem *problem)
{
	struct job *job = context;
	json_t *fields;

	if (job->repairs_sent++ >= REPAIRS_SENT_MAX)
		return;
	fields = json_pack("{s:s, s:s}", "moment", job->moment, "problem", problem->code);
	if (problem->inode)
		json_object_set_new(fields, "inode", json_integer((json_int_t)problem->inode));
	report_event(&job->report, EVENT_REPAIR, fields);
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

static void say_hello(struct job *job)
{
	struct utsname kernel;

	uname(&kernel);
	report_event(&job->report, EVENT_HELLO,
		     json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "protocol", WIRE_PROTOCOL,
			       "build_id", job->setup->build_id, "agent", GROW_DISK_VERSION,
			       "kernel", kernel.release, "e2fsprogs", ext_facts_library_version(),
			       "util_linux", table_library_version()));
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

		report_beat(&job->report);
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

static void set_clock(const struct job *job)
{
	const struct timeval now = { .tv_sec = (time_t)job->request.time_unix_s };

	if (!job->setup->image && job->request.time_unix_s > 0)
		settimeofday(&now, NULL);
}

static int stage_disk(struct job *job, struct fault *fault)
{
	struct settle settle = settle_of(job);
	int result = job->setup->image ? settle_file(job->setup->image, job->request.plan_only,
						     &job->disk, fault)
				       : settle_disk(&settle, DISK_TIMEOUT_MS, &job->disk, fault);

	if (result < 0)
		return -1;
	report_event(&job->report, EVENT_DISK,
		     json_pack("{s:s, s:I, s:I}", "name", job->disk.name, "size_bytes",
			       (json_int_t)job->disk.size_bytes, "sector_bytes",
			       (json_int_t)job->disk.sector_bytes));
	return 0;
}

static void report_table(struct job *job, const struct table *table, const char *moment)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];

		report_event(&job->report, EVENT_TABLE,
			     json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:b}", "moment",
				       moment, "label", table->label, "disk_id", table->disk_id,
				       "partition", (json_int_t)entry->number, "start_lba",
				       (json_int_t)entry->start_lba, "size_sectors",
				       (json_int_t)entry->size_sectors, "type",
				       (json_int_t)entry->type, "bootable", (int)entry->bootable,
				       "target", (int)(entry->number == job->plan.number)));
	}
}

static int stage_table(struct job *job, struct fault *fault)
{
	if (table_read(&job->disk, &job->table, fault) < 0 || probe_disk(&job->disk, fault) < 0)
		return -1;
	if (plan_partition(&job->table, job->disk.size_bytes / job->disk.sector_bytes,
			   job->disk.sector_bytes, job->request.partition, &job->plan, fault) < 0)
		return -1;
	report_table(job, &job->table, "before");
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

/* The largest disk whose end this partition and file system can reach. */
static uint64_t largest_disk_bytes(const struct job *job, enum reason *ret_reason)
{
	uint64_t by_table = MBR_SECTORS_MAX * job->plan.sector_bytes;
	uint64_t by_fs = job->plan.start_lba * job->plan.sector_bytes +
			 ext_size_largest_blocks(&job->facts) * job->facts.block_bytes;

	*ret_reason = by_fs < by_table ? REASON_FS_LIMIT : REASON_MBR_2TIB;
	return (by_fs < by_table ? by_fs : by_table) / job->plan.sector_bytes *
	       job->plan.sector_bytes;
}

static void report_plan(struct job *job)
{
	const struct plan *plan = &job->plan;
	const struct fs_facts *facts = &job->facts;
	enum reason largest_reason;
	uint64_t largest_bytes = largest_disk_bytes(job, &largest_reason);

	report_event(&job->report, EVENT_PLAN,
		     json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I, "
			       "s:I, s:s}",
			       "changed", (int)job->changed, "partition", (json_int_t)plan->number,
			       "start_lba", (json_int_t)plan->start_lba, "sectors_before",
			       (json_int_t)plan->sectors_before, "sectors_after",
			       (json_int_t)plan->sectors_after, "sector_bytes",
			       (json_int_t)plan->sector_bytes, "fs_type", facts->type, "fs_label",
			       facts->label, "fs_uuid", facts->uuid, "fs_state", facts->state,
			       "block_bytes", (json_int_t)facts->block_bytes, "blocks_before",
			       (json_int_t)facts->blocks, "blocks_after",
			       (json_int_t)job->blocks_after, "largest_disk_bytes",
			       (json_int_t)largest_bytes, "largest_reason",
			       reason_word(largest_reason)));
}

/* From the partition's plan and the facts of its file system. */
static int plan_blocks(struct job *job, struct fault *fault)
{
	const struct plan *plan = &job->plan;
	const struct fs_facts *facts = &job->facts;
	const uint64_t before_bytes = plan->sectors_before * plan->sector_bytes;
	const uint64_t after_bytes = plan->sectors_after * plan->sector_bytes;

	if (facts->blocks > before_bytes / facts->block_bytes)
		return fault_set(fault, REASON_FS_TOO_LARGE,
				 "the file system is larger than partition %u", plan->number);
	job->blocks_after = ext_size_blocks(facts, after_bytes);
	if (ext_size_check(facts, job->blocks_after, plan->start_lba * plan->sector_bytes, fault) <
	    0)
		return -1;
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
	if (!job->changed && plan->next_number != 0) {
		fault_set(fault, REASON_NO_ROOM_BEHIND,
			  "there is no free space behind partition %u: partition %u begins there",
			  plan->number, plan->next_number);
		return fault_hint(fault, "only free space directly behind it can be given to it");
	}
	report_plan(job);
	return 0;
}

static int check(struct job *job, const char *moment, enum check_mode mode,
		 struct check_result *ret_result, struct fault *fault)
{
	struct fs_tools tools = tools_of(job);
	struct check_result result = { .exit_status = -1 };
	int checked;

	job->moment = moment;
	job->progress_kind = EVENT_CHECK;
	job->percent = 0;
	report_event(&job->report, EVENT_CHECK,
		     json_pack("{s:s, s:s}", "moment", moment, "state", "begin"));
	checked = ext_check(&job->target, mode, &tools, on_problem, &result, fault);
	if (result.exit_status >= 0)
		report_event(&job->report, EVENT_CHECK,
			     json_pack("{s:s, s:s, s:i, s:I}", "moment", moment, "state", "end",
				       "exit_status", result.exit_status, "repairs",
				       (json_int_t)result.repairs));
	*ret_result = result;
	return checked;
}

static int stage_check_before(struct job *job, struct fault *fault)
{
	struct check_result result;

	if (check(job, "before",
		  job->request.repair == REPAIR_ALL ? CHECK_REPAIR_ALL : CHECK_REPAIR_SAFE, &result,
		  fault) < 0)
		return -1;
	/* A repair may have corrected the very fields that the plan used. */
	if (ext_facts_read(&job->target, &job->facts, fault) < 0)
		return -1;
	return plan_blocks(job, fault);
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
	report_table(job, &after, "after");
	return 0;
}

static int stage_resize(struct job *job, struct fault *fault)
{
	struct fs_tools tools = tools_of(job);
	int exit_status = -1, grown;

	job->progress_kind = EVENT_RESIZE;
	job->percent = 0;
	report_event(&job->report, EVENT_RESIZE, json_pack("{s:s}", "state", "begin"));
	grown = ext_grow(&job->target, &job->facts, job->blocks_after, &tools, &exit_status, fault);
	if (exit_status >= 0)
		report_event(&job->report, EVENT_RESIZE,
			     json_pack("{s:s, s:i}", "state", "end", "exit_status", exit_status));
	return grown;
}

/* resize2fs 1.47.0 can leave stale checksums in an orphan file, and wrong free
 * counts in a bigalloc file system: ordinary repairs. What was repaired is then
 * proven clean by a check that may change nothing. */
static int stage_check_after(struct job *job, struct fault *fault)
{
	struct check_result result;

	if (check(job, "after", CHECK_REPAIR_SAFE, &result, fault) == 0)
		return result.exit_status == 0
			       ? 0
			       : check(job, "after", CHECK_READ_ONLY, &result, fault);
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
	report_event(&job->report, EVENT_VERIFY,
		     json_pack("{s:I, s:I}", "blocks", (json_int_t)facts.blocks, "unused_bytes",
			       (json_int_t)(size_bytes - facts.blocks * facts.block_bytes)));
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
	if (take_request(job, fault) < 0)
		return -1;
	set_clock(job);
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
	struct job job = { .setup = setup,
			   .report = { .fd = setup->wire_out, .stage = "hello" },
			   .disk = { .fd = -1 } };
	struct fault fault = { 0 };
	char message[sizeof(fault.message)];
	int result;

	say_hello(&job);
	result = run_stages(&job, &fault);
	close_fdp(&job.disk.fd);
	if (result == 0) {
		report_event(&job.report, EVENT_DONE,
			     json_pack("{s:b}", "changed",
				       (int)(job.changed && !job.request.plan_only)));
		return STATUS_OK;
	}
	/* A message may quote the disk, or be cut within a character. */
	text_make_safe(message, sizeof(message), fault.message, sizeof(fault.message));
	report_event(&job.report, EVENT_FAULT,
		     json_pack("{s:s, s:i, s:s, s:s, s:s}", "reason", reason_word(fault.reason),
			       "status", (int)reason_status(fault.reason), "message", message,
			       "hint", fault.hint, "stage", job.report.stage));
	return (int)reason_status(fault.reason);
}
