/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/agent/report.c: the beat, whatever the job does. */
#include "agent/report.h"
#include "base/io.h"
#include "unit.h"
#include "wire/limits.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct wire {
	struct agent_report report;
	int pipe[2];
};

static void open_wire(struct wire *wire)
{
	struct fault fault;

	assert_int_equal(pipe2(wire->pipe, O_CLOEXEC), 0);
	assert_int_equal(fcntl(wire->pipe[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	assert_int_equal(agent_report_open(&wire->report, wire->pipe[1], &fault), 0);
}

static void allow_absence(struct agent_report *report, int64_t absence_max_ms)
{
	pthread_mutex_lock(&report->lock);
	report->absence_max_ms = absence_max_ms;
	pthread_mutex_unlock(&report->lock);
}

/* Close it, and check every line; how many beats there were. */
static int close_wire(struct wire *wire, int *ret_others)
{
	struct line_reader reader;
	char *line;
	size_t size_bytes;
	int beats = 0;

	agent_report_close(&wire->report);
	close(wire->pipe[1]);
	*ret_others = 0;
	assert_int_equal(line_reader_open(&reader, wire->pipe[0], WIRE_LINE_MAX_BYTES), 0);
	while (line_reader_fill(&reader) > 0)
		while (line_reader_next(&reader, &line, &size_bytes) > 0) {
			enum event_kind kind;
			struct fault fault;
			json_t *event;

			if (event_parse(line, size_bytes, &kind, &event, &fault) < 0)
				fail_msg("%s: %s", fault.message, line);
			if (kind != EVENT_BEAT)
				++*ret_others;
			else
				assert_int_equal(json_integer_value(json_object_get(event, "seq")),
						 ++beats);
			json_decref(event);
		}
	assert_int_equal(reader.used_bytes, 0); /* no line is half */
	line_reader_close(&reader);
	close(wire->pipe[0]);
	return beats;
}

static void a_job_that_is_busy_beats(void **state)
{
	struct wire wire;
	int others;

	(void)state;
	open_wire(&wire);
	agent_report_stage(&wire.report, "flush");
	usleep(2200 * 1000);
	assert_true(close_wire(&wire, &others) >= 3); /* one of them by the stage itself */
	assert_int_equal(others, 0);
}

static void a_job_that_is_away_too_long_does_not(void **state)
{
	struct wire wire;
	int others;

	(void)state;
	open_wire(&wire);
	allow_absence(&wire.report, 800);
	usleep(2200 * 1000);
	assert_true(close_wire(&wire, &others) <= 1); /* the one that was due before */
}

static void a_job_that_shows_itself_is_not_away(void **state)
{
	struct wire wire;
	int others;

	(void)state;
	open_wire(&wire);
	allow_absence(&wire.report, 800);
	for (int i = 0; i < 22; i++) {
		usleep(100 * 1000);
		agent_report_alive(&wire.report);
	}
	assert_true(close_wire(&wire, &others) >= 3);
}

static void lines_do_not_mix(void **state)
{
	struct wire wire;
	int others, beats, sent = 0;

	(void)state;
	open_wire(&wire);
	while (sent < 2000) { /* a second or more: the thread beats in between */
		agent_report_event(&wire.report, EVENT_VERIFY,
				   json_pack("{s:i, s:i}", "blocks", sent++, "unused_bytes", 0));
		agent_report_stage(&wire.report, "verify");
		usleep(500);
	}
	beats = close_wire(&wire, &others);
	assert_int_equal(others, sent);
	assert_true(beats > sent);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_job_that_is_busy_beats),
	cmocka_unit_test(a_job_that_is_away_too_long_does_not),
	cmocka_unit_test(a_job_that_shows_itself_is_not_away),
	cmocka_unit_test(lines_do_not_mix),
};
UNIT_MAIN(tests)
