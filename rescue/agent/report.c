/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WRITE_TIMEOUT_MS 3600000 /* a host that is stopped may go on; if it ends, so does QEMU */
#define BEAT_PERIOD_MS	 (WIRE_BEAT_MS / 2) /* too early is fine, too late is not */

/* The lock is held: one line at a time goes over the wire. */
static void send_line(struct agent_report *report, enum event_kind kind, json_t *fields)
{
	cleanup_free char *line = event_format(kind, clock_ms(), fields);

	if (!line || report->fd < 0)
		return;
	if (write_all(report->fd, line, strlen(line), WRITE_TIMEOUT_MS) < 0)
		report->fd = -1;
}

/* A host that does not read just now (it was stopped, or waits for a terminal) is
 * not to be found with a wire that is full: then there is no beat. */
static void beat(struct agent_report *report)
{
	struct pollfd wire = { .fd = report->fd, .events = POLLOUT };

	report->beats++;
	if (poll(&wire, 1, 0) == 0)
		return;
	send_line(
		report, EVENT_BEAT,
		json_pack("{s:I, s:s}", "seq", (json_int_t)report->beats, "stage", report->stage));
}

static void wait_a_period(struct agent_report *report)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += BEAT_PERIOD_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (!report->closing && pthread_cond_clockwait(&report->closing_changed, &report->lock,
							  CLOCK_MONOTONIC, &until) != ETIMEDOUT)
		;
}

static void *beat_on(void *context)
{
	struct agent_report *report = context;

	pthread_mutex_lock(&report->lock);
	for (;;) {
		wait_a_period(report);
		if (report->closing)
			break;
		if (clock_ms() - report->alive_ms < report->absence_max_ms)
			beat(report);
	}
	pthread_mutex_unlock(&report->lock);
	return NULL;
}

int agent_report_open(struct agent_report *report, int fd, struct fault *fault)
{
	int error;

	*report = (struct agent_report){ .lock = PTHREAD_MUTEX_INITIALIZER,
					 .closing_changed = PTHREAD_COND_INITIALIZER,
					 .fd = fd,
					 .stage = "hello",
					 .alive_ms = clock_ms(),
					 .absence_max_ms = AGENT_REPORT_ABSENCE_MAX_MS };
	error = pthread_create(&report->beater, NULL, beat_on, report);
	if (error == 0)
		return 0;
	report->closing = true;
	return fault_set_errno(fault, REASON_NO_MEMORY, error, "no thread for the beat");
}

void agent_report_close(struct agent_report *report)
{
	bool was_open;

	pthread_mutex_lock(&report->lock);
	was_open = !report->closing;
	report->closing = true;
	pthread_cond_signal(&report->closing_changed);
	pthread_mutex_unlock(&report->lock);
	if (was_open)
		pthread_join(report->beater, NULL);
}

void agent_report_event(struct agent_report *report, enum event_kind kind, json_t *fields)
{
	pthread_mutex_lock(&report->lock);
	report->alive_ms = clock_ms();
	send_line(report, kind, fields);
	pthread_mutex_unlock(&report->lock);
}

void agent_report_alive(struct agent_report *report)
{
	pthread_mutex_lock(&report->lock);
	report->alive_ms = clock_ms();
	pthread_mutex_unlock(&report->lock);
}

void agent_report_stage(struct agent_report *report, const char *stage)
{
	cleanup_fd int kernel_log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	pthread_mutex_lock(&report->lock);
	report->alive_ms = clock_ms();
	report->stage = stage;
	beat(report);
	pthread_mutex_unlock(&report->lock);
	if (kernel_log >= 0 && getpid() == 1)
		dprintf(kernel_log, "<6>grow-disk: %s\n", stage);
}
