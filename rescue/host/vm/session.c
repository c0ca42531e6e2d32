/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "ending.h"
#include "monitor.h"
#include "signals.h"
#include "wire/limits.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define SLOTS	  (6 + USER_RELAYS)
#define ABSENT_MS 1000 /* more than a busy host makes of it */
#define EXIT_MS	  5000 /* for a guest that is done to power off */

static int check_hello(const struct session *session, const json_t *hello, struct fault *fault)
{
	json_int_t protocol = json_integer_value(json_object_get(hello, "protocol"));
	const char *build_id = json_string_value(json_object_get(hello, "build_id"));

	if (protocol != WIRE_PROTOCOL)
		return fault_set(fault, REASON_GUEST_PROTOCOL,
				 "the guest speaks protocol %lld, not %d", (long long)protocol,
				 WIRE_PROTOCOL);
	if (strcmp(build_id, session->build_id) == 0)
		return 0;
	fault_set(fault, REASON_GUEST_PROTOCOL, "the guest is build %.100s, but %.100s is expected",
		  build_id, session->build_id);
	return fault_hint(fault, "build the guest again: its files do not belong together");
}

/* The guest lives. One that was restored has said its hello long ago: it is
 * passed on only now, so that it is told once also when the guest does not come
 * up, and another one is started. */
static int take_first_word(struct session *session, struct fault *fault)
{
	session->is_up = true;
	watchdog_arm(&session->dog, WATCH_SILENCE, session->stall_ms);
	return session->restored ? report_event(session->report, session->hello, fault) : 0;
}

static void note_stage(struct session *session, const json_t *mark)
{
	const char *text = json_string_value(json_object_get(mark, "text"));

	if (text && strcmp(json_string_value(json_object_get(mark, "what")), "stage") == 0)
		snprintf(session->stage, sizeof(session->stage), "%s", text);
}

/* A line that fits the table and the order: heed it and pass it on. */
static int take_event(struct session *session, enum event_kind kind, json_t *event,
		      struct fault *fault)
{
	const char *stage = json_string_value(json_object_get(event, "stage"));

	if (kind == EVENT_HELLO) {
		if (check_hello(session, event, fault) < 0)
			return -1;
		session->hello = json_copy(event);
		if (session->restored)
			return 0; /* it proves nothing yet */
	}
	if (!session->is_up && take_first_word(session, fault) < 0)
		return -1;
	if (kind == EVENT_DISK)
		watchdog_arm_disk(&session->dog, 0);
	session->records = session->records || kind == EVENT_SEQNUM;
	if (kind == EVENT_MARK)
		note_stage(session, event);
	if (kind == EVENT_BEAT && user_stage(session->user, &session->machine, stage, fault) < 0)
		return -1;
	if (kind == EVENT_EXIT && user_exit(session->user, event, fault) < 0)
		return -1;
	watchdog_feed(&session->dog, kind == EVENT_BEAT ? stage : NULL);
	progress_event(session->progress, kind, event);
	if (kind == EVENT_BEAT && session->order.kind == REQUEST_SHELL)
		return 0; /* a person may think for days */
	if (kind != EVENT_DONE && kind != EVENT_FAULT)
		return report_event(session->report, event, fault);
	session->verdict = json_incref(event);
	session->end = kind;
	watchdog_arm(&session->dog, WATCH_EXIT, EXIT_MS);
	return 0;
}

static int take_line(struct session *session, const char *line, size_t size_bytes,
		     struct fault *fault)
{
	enum event_kind kind;
	json_t *event;
	int result;

	if (event_parse(line, size_bytes, &kind, &event, fault) < 0)
		return -1;
	if (kind != EVENT_BEAT || session->order.kind != REQUEST_SHELL)
		session->wire_bytes += size_bytes + 1;
	if (session->wire_bytes > WIRE_STREAM_MAX_BYTES) {
		json_decref(event);
		return fault_set(fault, REASON_GUEST_PROTOCOL, "the guest said more than %d MiB",
				 WIRE_STREAM_MAX_BYTES >> 20);
	}
	result = order_accept(&session->order, kind, event, fault);
	if (result == 0)
		result = take_event(session, kind, event, fault);
	json_decref(event);
	return result;
}

/* A channel that fails has ended too: why, the machine's own end will tell. */
void session_fill(struct line_reader *reader)
{
	if (line_reader_fill(reader) < 0)
		reader->end_of_file = true;
}

/* For poll(2), which would report an ended channel again and again. */
static int open_fd(const struct line_reader *reader)
{
	return reader->end_of_file ? -1 : reader->fd;
}

static int read_wire(struct session *session, struct fault *fault)
{
	char *line;
	size_t size_bytes;
	int found;

	session_fill(&session->wire);
	while ((found = line_reader_next(&session->wire, &line, &size_bytes)) > 0)
		if (take_line(session, line, size_bytes, fault) < 0)
			return -1;
	if (found < 0)
		return fault_set(fault, REASON_GUEST_PROTOCOL,
				 "the guest sent a line that is too long, or holds a NUL");
	return 0;
}

int session_drain(struct session *session, bool *ret_between_lines, struct fault *fault)
{
	struct pollfd slot = { .fd = open_fd(&session->wire), .events = POLLIN };

	while (poll(&slot, 1, 0) > 0 && !session->wire.end_of_file)
		if (read_wire(session, fault) < 0)
			return -1;
	*ret_between_lines = session->wire.used_bytes == session->wire.taken_bytes;
	return 0;
}

int session_take_hello(struct session *session, const char *line, size_t size_bytes,
		       struct fault *fault)
{
	session->restored = true;
	return take_line(session, line, size_bytes, fault);
}

static void read_tail(struct tail *tail, int *fd)
{
	char data[4096];
	ssize_t got = read(*fd, data, sizeof(data));

	if (got > 0)
		tail_feed(tail, data, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		close_fdp(fd);
}

static int read_signals(struct session *session, struct fault *fault)
{
	int number = signals_next(session->signals_fd);

	if (number == SIGCHLD)
		machine_reap(&session->machine);
	else if (number == SIGWINCH)
		return user_resize(session->user, fault);
	else if (number != 0)
		return fault_set(fault, REASON_INTERRUPTED, "interrupted by signal %d (%s)", number,
				 strsignal(number));
	return 0;
}

static int dispatch(struct session *session, const struct pollfd slots[SLOTS], struct fault *fault)
{
	struct machine *machine = &session->machine;

	if (slots[0].revents && read_signals(session, fault) < 0)
		return -1;
	if (slots[2].revents)
		read_tail(&session->complaint, &machine->complaint_fd);
	/* Before the wire: a failed disk explains what the guest says of it. */
	if (slots[3].revents && monitor_read(session, fault) < 0)
		return -1;
	if (slots[4].revents && read_wire(session, fault) < 0)
		return -1;
	if (slots[5].revents && word_read(session->word, fault) < 0)
		return -1;
	if (user_step(session->user, slots + 6, &session->console, fault) < 0)
		return -1;
	/* After the wire, by which a shell may just have begun: what it says is the user's. */
	if (slots[1].revents && !(session->user->active && session->user->has_terminal))
		read_tail(&session->console, &machine->console_fd);
	return 0;
}

/* What has passed since then on top of what was meant. */
static int64_t beyond(int64_t since_ms, int64_t meant_ms)
{
	int64_t over_ms = clock_ms() - since_ms - meant_ms;

	return over_ms > 0 ? over_ms : 0;
}

int session_pump(struct session *session, struct fault *fault)
{
	struct machine *machine = &session->machine;
	bool is_shown = session->user->active && session->user->has_terminal;
	struct pollfd slots[SLOTS] = { { .fd = session->signals_fd, .events = POLLIN },
				       { .fd = is_shown ? -1 : machine->console_fd,
					 .events = POLLIN },
				       { .fd = machine->complaint_fd, .events = POLLIN },
				       { .fd = open_fd(&session->qmp.reader), .events = POLLIN },
				       { .fd = open_fd(&session->wire), .events = POLLIN },
				       { .fd = session->word->fd, .events = POLLIN } };
	/* Of a machine that is gone, what it left in the channels is still read. */
	int timeout_ms = machine->exited ? 0 : watchdog_left_ms(&session->dog);
	int64_t before_ms = clock_ms(), absent_ms;
	int ready;

	user_slots(session->user, slots + 6);
	ready = poll(slots, SLOTS, timeout_ms);
	absent_ms = beyond(before_ms, timeout_ms);
	before_ms = clock_ms();

	if (ready < 0 && errno != EINTR)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "poll failed");
	if (ready > 0 && dispatch(session, slots, fault) < 0)
		return -1;
	absent_ms += beyond(before_ms, 0);
	if (absent_ms > ABSENT_MS)
		watchdog_excuse(&session->dog, absent_ms);
	/* What is left in the channels ends; but not if a child of it goes on. */
	if (machine->exited && (ready == 0 || watchdog_left_ms(&session->dog) == 0))
		return ending_explain(session, fault);
	if (watchdog_left_ms(&session->dog) == 0)
		return watchdog_fault(&session->dog, fault);
	return 0;
}

int session_open(struct session *session, const struct machine_plan *plan, int64_t hello_ms,
		 struct fault *fault)
{
	if (machine_start(plan, &session->machine, fault) < 0 ||
	    qmp_open(&session->qmp, session->machine.qmp_fd, fault) < 0)
		return -1;
	if (line_reader_open(&session->wire, session->machine.wire_fd, WIRE_LINE_MAX_BYTES) < 0)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	watchdog_open(&session->dog, session->run_ms);
	watchdog_arm(&session->dog, WATCH_HELLO, hello_ms);
	return 0;
}

int session_stop(struct session *session, struct fault *fault)
{
	if (machine_stop(&session->machine) == 0)
		return 0;
	fault_set(fault, REASON_DISK_IO,
		  "the virtual machine does not end: the host's kernel holds it");
	return fault_hint(fault, "look for errors of the host's storage (dmesg)");
}

void session_close(struct session *session)
{
	(void)machine_stop(&session->machine);
	qmp_close(&session->qmp);
	line_reader_close(&session->wire);
	json_decref(session->answer);
	json_decref(session->hello);
	json_decref(session->verdict);
}
