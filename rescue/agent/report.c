#include "report.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "wire/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define WRITE_TIMEOUT_MS 10000

void report_event(struct report *report, enum event_kind kind, json_t *fields)
{
	cleanup_free char *line = event_format(kind, clock_ms(), fields);

	if (!line || report->fd < 0)
		return;
	if (write_all(report->fd, line, strlen(line), WRITE_TIMEOUT_MS) < 0)
		report->fd = -1;
}

void report_beat(struct report *report)
{
	int64_t now_ms = clock_ms();

	/* A little early is fine, late is not: ticks come every 500 ms. */
	if (report->beats > 0 && now_ms - report->last_beat_ms < WIRE_BEAT_MS - 500)
		return;
	report->last_beat_ms = now_ms;
	report->beats++;
	report_event(
		report, EVENT_BEAT,
		json_pack("{s:I, s:s}", "seq", (json_int_t)report->beats, "stage", report->stage));
}

void report_stage(struct report *report, const char *stage)
{
	cleanup_fd int kernel_log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	report->stage = stage;
	report_beat(report);
	if (kernel_log >= 0 && getpid() == 1)
		dprintf(kernel_log, "<6>grow-disk: %s\n", stage);
}
