/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole session of the host, as keeper.c and conversation.c lead it: what guest,
 * QEMU and console say goes through session_pump, and what comes out on the
 * events is judged by an oracle of its own: no unsafe byte, no unearned `done`.
 *
 * Input: the chunks; one byte, 'g' a grow, 'l' a grow that may leave the check before,
 * 'b' one that may leave both, 'p' a plan, 'c' a check or 'a' the check after was requested, with
 * the highest bit set of a machine that was saved after its hello; then what the guest says, 0xff,
 * what QEMU's monitor says, 0xff, what the console says. */
#include "fuzz.h"

#include "host/vm/talk/session.h"
#include "wire/limits.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES (FUZZ_CHUNKS + 1)
#define BUILD_ID     "b"
#define OLD_HELLO                                                                                  \
	"{\"event\":\"hello\",\"t_ms\":1,\"protocol\":1,\"build_id\":\"" BUILD_ID                  \
	"\",\"agent\":\"\",\"kernel\":\"\",\"e2fsprogs\":\"\",\"util_linux\":\"\"}"

/* What the report has said so far, in the words of a user. */
static struct oracle {
	bool plan_only, check_only, is_grown, attached; /* of the host */
	enum leave_checks leave_checks;
	bool hello, disk, plan, over;
	bool will_change;
	uint64_t limits; /* bit 1 << enum reason */
	bool checked_before, resized, checked_after, after_left, verified;
} oracle;

static const char *text(const json_t *event, const char *key)
{
	const char *value = json_string_value(json_object_get(event, key));

	return value ? value : "";
}

/* An end with a status up to that one; -1: the event is no end. */
static int ends_well(const json_t *event, int status_max)
{
	if (strcmp(text(event, "state"), "end") != 0)
		return -1;
	return json_integer_value(json_object_get(event, "exit_status")) <= status_max;
}

static void see_check(const json_t *event)
{
	int well = ends_well(event, 1);

	if (oracle.check_only) {
		MUST(oracle.disk &&
		     strcmp(text(event, "moment"), oracle.is_grown ? "after" : "before") == 0);
		oracle.checked_before = ends_well(event, 0) == 1;
		return;
	}
	MUST(oracle.plan && oracle.will_change && !oracle.plan_only);
	if (strcmp(text(event, "moment"), "after") == 0) {
		MUST(oracle.resized);
		oracle.checked_after = well == 1;
		MUST(!oracle.verified);
	} else {
		oracle.checked_before = well == 1;
		MUST(!oracle.resized);
	}
}

static void see_limit(enum reason reason)
{
	MUST(oracle.disk && !oracle.plan);
	MUST(reason != REASON_NONE && reason_status(reason) == STATUS_REFUSED);
	MUST(!(oracle.limits & UINT64_C(1) << reason));
	oracle.limits |= UINT64_C(1) << reason;
}

static void see_plan(const json_t *event)
{
	MUST(oracle.disk && !oracle.plan && !oracle.check_only);
	oracle.plan = true;
	oracle.will_change = json_is_true(json_object_get(event, "changed"));
	if (!json_is_true(json_object_get(event, "check_left")))
		return;
	MUST(oracle.leave_checks != LEAVE_NO && oracle.will_change);
	oracle.checked_before = true;
	oracle.after_left = oracle.leave_checks == LEAVE_BOTH;
}

static void see_done(const json_t *event)
{
	if (oracle.check_only) {
		MUST(oracle.checked_before && !json_is_true(json_object_get(event, "changed")));
		fuzz_accepted++;
		return;
	}
	MUST(oracle.plan);
	if (!json_is_true(json_object_get(event, "changed")))
		MUST(oracle.plan_only || !oracle.will_change);
	else
		MUST(oracle.will_change && !oracle.plan_only && oracle.checked_before &&
		     oracle.resized && (oracle.checked_after || oracle.after_left) &&
		     oracle.verified);
	fuzz_accepted++;
}

static void see_guest_fault(const json_t *event)
{
	enum reason reason = reason_of_word(text(event, "reason"));

	MUST(reason != REASON_NONE);
	MUST(json_integer_value(json_object_get(event, "status")) == (int)reason_status(reason));
}

static void see(const json_t *event)
{
	const char *word = text(event, "event");

	MUST(!oracle.over);
	MUST(oracle.hello || strcmp(word, "hello") == 0 ||
	     strcmp(text(event, "stage"), "host") == 0);
	if (strcmp(word, "hello") == 0) {
		MUST(!oracle.hello && strcmp(text(event, "build_id"), BUILD_ID) == 0);
		oracle.hello = true;
	} else if (strcmp(word, "disk") == 0) {
		MUST(oracle.attached && !oracle.disk && !oracle.plan);
		oracle.disk = true;
	} else if (strcmp(word, "limit") == 0) {
		see_limit(reason_of_word(text(event, "reason")));
	} else if (strcmp(word, "plan") == 0) {
		see_plan(event);
	} else if (strcmp(word, "check") == 0) {
		see_check(event);
	} else if (strcmp(word, "resize") == 0) {
		MUST(oracle.checked_before);
		oracle.resized = ends_well(event, 0) == 1;
		MUST(!oracle.checked_after);
	} else if (strcmp(word, "verify") == 0) {
		MUST(oracle.checked_after || (oracle.after_left && oracle.resized));
		oracle.verified = true;
	} else if (strcmp(word, "done") == 0) {
		see_done(event);
		oracle.over = true;
	} else if (strcmp(word, "fault") == 0) {
		see_guest_fault(event);
		oracle.over = true;
	}
}

/* What the report's file is given: each event is flushed as one whole line. */
static ssize_t judge_line(void *cookie, const char *line, size_t size_bytes)
{
	json_t *event;

	(void)cookie;
	MUST(size_bytes > 1 && size_bytes <= 3 * WIRE_LINE_MAX_BYTES);
	MUST(line[size_bytes - 1] == '\n');
	MUST(fuzz_text_is_safe(line, size_bytes - 1));
	event = json_loadb(line, size_bytes, JSON_REJECT_DUPLICATES, NULL);
	MUST(json_is_object(event));
	MUST(json_is_integer(json_object_get(event, "host_ms")));
	see(event);
	json_decref(event);
	return (ssize_t)size_bytes;
}

static FILE *open_events(void)
{
	static char buffer[4 * WIRE_LINE_MAX_BYTES];
	FILE *file = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = judge_line });

	MUST(file && setvbuf(file, buffer, _IOFBF, sizeof(buffer)) == 0);
	return file;
}

static struct line_reader fresh(int channel, const struct line_reader *used)
{
	return (struct line_reader){ .fd = FUZZ_FD + channel,
				     .max_bytes = used->max_bytes,
				     .buffer = used->buffer };
}

/* A session whose machine is gone and has left all that it said. Its readers'
 * buffers serve all inputs. */
static struct session *begin(unsigned char requested)
{
	const bool plan_only = requested & 0x10;
	const bool is_grown = !plan_only && (requested & 0xf) == ('a' & 0xf);
	const bool check_only = !plan_only && ((requested & 0xf) == ('c' & 0xf) || is_grown);
	const enum leave_checks leave_checks = plan_only			  ? LEAVE_NO
					       : (requested & 0xf) == ('l' & 0xf) ? LEAVE_LONG
					       : (requested & 0xf) == ('b' & 0xf) ? LEAVE_BOTH
										  : LEAVE_NO;
	static struct events events;
	static struct progress progress = { .style = PROGRESS_NONE, .percent = -1 };
	static struct user_streams user = { .terminal = { .fd = -1 } };
	static struct caller caller = { .fd = -1 };
	static struct session session;
	struct line_reader wire, monitor;
	struct fault fault;

	if (!events.file) {
		events.file = open_events();
		MUST(monitor_open(&session.monitor, FUZZ_FD + 1, &fault) == 0);
		MUST(line_reader_open(&session.wire, FUZZ_FD, WIRE_LINE_MAX_BYTES) == 0);
	}
	wire = fresh(0, &session.wire);
	monitor = fresh(1, &session.monitor.qmp.reader);
	session = (struct session){ .events = &events,
				    .progress = &progress,
				    .user = &user,
				    .caller = &caller,
				    .build_id = BUILD_ID,
				    .signals_fd = -1,
				    .stall_ms = WIRE_STALL_MS,
				    .machine = { .wire_fd = FUZZ_FD,
						 .qmp_fd = FUZZ_FD + 1,
						 .console_fd = FUZZ_FD + 2,
						 .complaint_fd = -1,
						 .exited = true },
				    .wire = wire,
				    .monitor = { .qmp = { .reader = monitor, .fd = FUZZ_FD + 1 } },
				    .console = { .copy_fd = -1 },
				    .complaint = { .copy_fd = -1 },
				    .sequence = { .kind = plan_only    ? REQUEST_PLAN
							  : check_only ? REQUEST_CHECK
								       : REQUEST_GROW,
						  .is_grown = is_grown,
						  .leave_checks = leave_checks } };
	watchdog_open(&session.dog, WIRE_STALL_MS);
	watchdog_arm(&session.dog, WATCH_HELLO, WIRE_STALL_MS);
	oracle = (struct oracle){ .plan_only = plan_only,
				  .check_only = check_only,
				  .is_grown = is_grown,
				  .leave_checks = leave_checks };
	return &session;
}

/* Cut the input at 0xff, which is in no UTF-8, into the three channels. */
static void fill_channels(const uint8_t *data, size_t size_bytes, const uint8_t *chunks)
{
	for (int channel = 0; channel < FUZZ_CHANNELS; channel++) {
		const uint8_t *cut = memchr(data, 0xff, size_bytes);
		size_t own_bytes = cut ? (size_t)(cut - data) : size_bytes;

		fuzz_channel(channel, data, own_bytes, chunks);
		data += own_bytes + (cut != NULL);
		size_bytes -= own_bytes + (cut != NULL);
	}
}

/* Pump until the verdict, answering as conversation.c does. */
static void converse(struct session *session, bool restored)
{
	struct fault fault = { 0 };
	int result = 0;

	if (restored)
		MUST(session_take_hello(session, OLD_HELLO, strlen(OLD_HELLO), &fault) == 0);
	session->monitor.awaits_answer = true;
	while (!session->verdict && (result = session_pump(session, &fault)) == 0) {
		if (session->monitor.answer) {
			json_decref(session->monitor.answer);
			session->monitor.answer = NULL;
			session->monitor.awaits_answer = true;
		}
		oracle.attached = session->sequence.disk_attached = session->is_up;
	}
	if (result < 0) {
		MUST(reason_status(fault.reason) != STATUS_OK && fault.message[0]);
		oracle.over = false; /* the host's own word comes instead of a verdict */
		MUST(events_send_fault(session->events, &fault, &fault) == 0);
	} else {
		MUST(session->end == EVENT_DONE || session->end == EVENT_FAULT);
		MUST(events_send(session->events, session->verdict, &fault) == 0);
	}
	MUST(oracle.over);
	MUST(fuzz_text_is_safe(session->dog.stage, strlen(session->dog.stage)));
	MUST(fuzz_text_is_safe(session->monitor.qemu_version,
			       strlen(session->monitor.qemu_version)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct session *session;

	if (size_bytes < HEADER_BYTES)
		return 0;
	fuzz_arena_begin();
	session = begin(data[FUZZ_CHUNKS]);
	fill_channels(data + HEADER_BYTES, size_bytes - HEADER_BYTES, data);
	converse(session, data[FUZZ_CHUNKS] & 0x80);
	json_decref(session->monitor.answer);
	json_decref(session->hello);
	json_decref(session->verdict);
	fuzz_arena_end();
	return 0;
}
