/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job.h"

#include "agent/boot/entropy.h"
#include "agent/boot/share.h"
#include "agent/grow/grow.h"
#include "agent/shell/rescue.h"
#include "agent/trace/recorder/recorder.h"
#include "agent/trace/trace.h"
#include "base/io.h"
#include "events.h"
#include "wire/limits.h"

#include <poll.h>
#include <sys/time.h>

struct job {
	const struct job_setup *setup;
	struct agent_report report;
	struct request request;
	struct recorder *recorder;
	bool changed;
};

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

		agent_report_alive(&job->report);
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

static void on_record(void *context, enum event_kind kind, json_t *fields)
{
	struct job *job = context;

	agent_report_event(&job->report, kind, fields);
}

/* One that records already, or a new one where the request asks for it. */
static int start_recorder(struct job *job, struct fault *fault)
{
	const struct trace_request *trace = &job->request.trace;

	job->recorder = job->setup->recorder;
	if (!job->request.record || job->setup->image)
		return 0;
	if (!job->recorder) {
		job->recorder = recorder_open(fault);
		if (!job->recorder || recorder_start(job->recorder, fault) < 0)
			return -1;
	}
	if (trace->hold_up[0] != '\0' &&
	    recorder_hold_up(trace->hold_up, trace->hold_up_ms, fault) < 0)
		return -1;
	return recorder_send(job->recorder, on_record, job, fault);
}

static int work(struct job *job, struct fault *fault)
{
	agent_report_stage(&job->report, "request");
	if (take_request(job, fault) < 0 || set_clock_and_seed(job, fault) < 0 ||
	    start_recorder(job, fault) < 0)
		return -1;
	if (share_mount(job->request.share, fault) < 0)
		return -1;
	if (job->request.kind == REQUEST_SHELL)
		return rescue_run(job->setup, &job->request, &job->report, fault);
	if (job->request.kind == REQUEST_TRACE)
		return trace_run(job->setup, &job->request, &job->report, job->recorder, fault);
	return grow_run(job->setup, &job->request, &job->report, job->recorder, &job->changed,
			fault);
}

/* Whoever is not sealed says nothing over the wire, and gets no disk. */
static int give_up(struct job *job, const struct fault *fault)
{
	agent_report_close(&job->report);
	return (int)reason_status(fault->reason);
}

int job_run(const struct job_setup *setup)
{
	struct job job = { .setup = setup };
	struct fault fault = { 0 };
	int result = agent_report_open(&job.report, setup->wire_out, &fault);

	if (result == 0 && setup->seal && setup->seal->close(&fault) < 0)
		return give_up(&job, &fault);
	events_hello(&job.report, setup->build_id);
	if (result == 0)
		result = work(&job, &fault);
	if (setup->seal && setup->seal->judge(&fault) < 0)
		result = -1;
	recorder_close(job.recorder);
	agent_report_close(&job.report);
	if (result == 0) {
		events_done(&job.report, job.changed);
		return STATUS_OK;
	}
	events_fault(&job.report, &fault);
	return (int)reason_status(fault.reason);
}
