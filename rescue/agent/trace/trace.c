/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace.h"

#include "agent/devices/wait_device.h"
#include "agent/events.h"
#include "agent/partition/table.h"
#include "agent/shell/shell.h"
#include "agent/trace/alpine/alpine.h"
#include "agent/trace/alpine/partitioners.h"
#include "agent/trace/recorder/recorder.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "hotplug.h"

#include <poll.h>
#include <unistd.h>

#define DISK_TIMEOUT_MS	 60000
#define QUIET_US	 500000 /* no event and no mdev: the events are over */
#define QUIET_TIMEOUT_MS 60000	/* an mdev that waits for its turn gives up after a while */
#define VERDICT_MS	 2000	/* from the new table to the look at the nodes */
#define POLL_MS		 20

struct trace {
	const struct job_setup *setup;
	const struct trace_request *request;
	const struct request *whole;
	struct agent_report *report;
	struct recorder *recorder;
	struct disk disk;
	unsigned partition;
};

static void on_uevent(void *context, const struct uevent *event)
{
	(void)context; /* the recorder has its own socket */
	(void)event;
}

static void on_tick(void *context)
{
	struct trace *trace = context;

	agent_report_alive(trace->report);
}

/* False if it does not become quiet. */
static bool await_quiet(struct trace *trace, int64_t quiet_us)
{
	int64_t deadline_ms = clock_ms() + QUIET_TIMEOUT_MS;

	while (!recorder_is_quiet(trace->recorder, quiet_us)) {
		if (clock_ms() >= deadline_ms)
			return false;
		agent_report_alive(trace->report);
		poll(NULL, 0, POLL_MS);
	}
	return true;
}

static void wait_until_quiet(struct trace *trace)
{
	bool settled = await_quiet(trace, QUIET_US);

	recorder_mark(trace->recorder, settled ? "settled" : "not-settled", NULL);
}

/* The disk that is there, or will be in a moment. */
static int find_disk(struct trace *trace, struct fault *fault)
{
	struct wait_device waiting = { .uevent_fd = trace->setup->uevent_fd,
				       .on_uevent = on_uevent,
				       .on_tick = on_tick,
				       .context = trace };

	if (wait_device_present(&waiting, DISK_TIMEOUT_MS, &trace->disk, fault) < 0)
		return -1;
	/* Open, it would forbid a re-read of the table. */
	close_fdp(&trace->disk.fd);
	recorder_mark(trace->recorder, "attached", trace->disk.name);
	events_disk(trace->report, &trace->disk);
	return 0;
}

static void expect_helpers(struct trace *trace)
{
	recorder_expect_helpers(trace->recorder, alpine_has_helper(HOTPLUG_PATH));
}

static int run_shell(struct trace *trace, struct fault *fault)
{
	if (shell_run(trace->setup->wire_in, trace->whole, trace->report, NULL, fault) < 0)
		return -1;
	expect_helpers(trace);
	return 0;
}

/* What was asked for at this moment of the boot. The host attaches the disk when
 * it hears of the stage. */
static int enter_stage(struct trace *trace, enum moment moment, struct fault *fault)
{
	const struct trace_request *request = trace->request;
	const char *word = moment_words[moment];

	agent_report_stage(trace->report, word);
	recorder_mark(trace->recorder, "stage", word);
	if (request->log == moment) {
		if (alpine_log_events(fault) < 0)
			return -1;
		recorder_mark(trace->recorder, "log", word);
	}
	if (request->seq == moment) {
		if (alpine_order_events(fault) < 0)
			return -1;
		recorder_mark(trace->recorder, "seq", word);
	}
	if (request->attach_at == moment && find_disk(trace, fault) < 0)
		return -1;
	return request->break_at == moment ? run_shell(trace, fault) : 0;
}

static int coldplug(struct trace *trace, struct fault *fault)
{
	recorder_mark(trace->recorder, "coldplug", NULL);
	return alpine_coldplug(fault);
}

static int boot(struct trace *trace, struct fault *fault)
{
	recorder_mark(trace->recorder, "stage", "early");
	if (alpine_set_helper(HOTPLUG_PATH, fault) < 0)
		return -1;
	expect_helpers(trace);
	if (alpine_rescan(fault) < 0 || enter_stage(trace, MOMENT_SINGLE, fault) < 0 ||
	    coldplug(trace, fault) < 0)
		return -1;
	wait_until_quiet(trace);
	recorder_look(trace->recorder);
	alpine_look_for_media();
	if (enter_stage(trace, MOMENT_INIT, fault) < 0 || alpine_rescan(fault) < 0 ||
	    coldplug(trace, fault) < 0)
		return -1;
	wait_until_quiet(trace);
	return enter_stage(trace, MOMENT_LOGIN, fault);
}

static int read_plan(struct trace *trace, struct partition_table *ret_table, struct plan *ret_plan,
		     struct fault *fault)
{
	struct disk *disk = &trace->disk;

	return partition_table_read(disk, false, ret_table, fault) < 0
		       ? -1
		       : plan_partition(ret_table, trace->partition, ret_plan, fault);
}

static int write_by_agent(struct trace *trace, const struct plan *plan, struct fault *fault)
{
	if (partition_table_write(&trace->disk, plan, false, fault) < 0)
		return -1;
	return partition_table_tell_kernel(&trace->disk, plan, fault);
}

static int write_table(struct trace *trace, struct fault *fault)
{
	enum table_method method = trace->request->method;
	cleanup_partition_table struct partition_table table = { 0 };
	struct plan plan;
	int result;

	if (wait_device_open(trace->disk.name, &trace->disk, fault) < 0 ||
	    read_plan(trace, &table, &plan, fault) < 0 || partitioners_check(&table, fault) < 0)
		return -1;
	events_table(trace->report, &table, "before", plan.number);
	if (method != METHOD_AGENT)
		close_fdp(&trace->disk.fd);
	recorder_mark(trace->recorder, "table-write", table_method_words[method]);
	if (method == METHOD_FDISK)
		result = partitioners_fdisk(trace->disk.path, &table, &plan, fault);
	else if (method == METHOD_SFDISK)
		result = partitioners_sfdisk(trace->disk.path, &plan, fault);
	else
		result = write_by_agent(trace, &plan, fault);
	recorder_mark(trace->recorder, "table-written", table_method_words[method]);
	close_fdp(&trace->disk.fd);
	return result;
}

/* Two seconds later at the earliest, and when all events are over: which nodes
 * are missing, and does `mdev -s` make them. */
static int judge(struct trace *trace, struct fault *fault)
{
	int64_t verdict_ms = clock_ms() + VERDICT_MS;

	while (clock_ms() < verdict_ms)
		poll(NULL, 0, POLL_MS);
	wait_until_quiet(trace);
	recorder_list(trace->recorder, trace->disk.name, "after-table");
	recorder_mark(trace->recorder, "rescan", NULL);
	if (alpine_rescan(fault) < 0)
		return -1;
	recorder_mark(trace->recorder, "rescanned", NULL);
	recorder_list(trace->recorder, trace->disk.name, "after-rescan");
	(void)await_quiet(trace, 0); /* the mdev of an event that came meanwhile */
	return 0;
}

int trace_run(const struct job_setup *setup, const struct request *request,
	      struct agent_report *report, struct recorder *recorder, struct fault *fault)
{
	struct trace trace = { .setup = setup,
			       .request = &request->trace,
			       .whole = request,
			       .report = report,
			       .recorder = recorder,
			       .disk = { .fd = -1 },
			       .partition = request->partition };
	int result;

	if (!recorder)
		return fault_set(fault, REASON_GUEST_PROTOCOL, "a trace without a recording");
	result = boot(&trace, fault);
	if (result == 0 && trace.disk.name[0] == '\0')
		result = find_disk(&trace, fault); /* there from the start on */
	if (result == 0) {
		wait_until_quiet(&trace);
		recorder_list(recorder, trace.disk.name, "before-table");
		result = write_table(&trace, fault) < 0 ? -1 : judge(&trace, fault);
	}
	recorder_mark(recorder, "end", NULL);
	close_fdp(&trace.disk.fd);
	return result;
}
