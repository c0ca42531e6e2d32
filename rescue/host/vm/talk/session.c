/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include "base/cleanup.h"
#include "guest_lines.h"
#include "host/signals.h"
#include "wire/limits.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define ABSENT_MS 1000 /* more than a busy host makes of it */

/* What poll(2) watches. */
enum slot {
	SLOT_SIGNALS,
	SLOT_CONSOLE,
	SLOT_COMPLAINT,
	SLOT_MONITOR,
	SLOT_WIRE,
	SLOT_CALLER,
	SLOT_STREAMS, /* of the user */
	SLOTS = SLOT_STREAMS + USER_STREAMS
};

/* For poll(2), which would report an ended channel again and again. */
static int open_fd(const struct line_reader *reader)
{
	return reader->end_of_file ? -1 : reader->fd;
}

int session_drain(struct session *session, bool *ret_between_lines, struct fault *fault)
{
	struct pollfd slot = { .fd = open_fd(&session->wire), .events = POLLIN };

	while (poll(&slot, 1, 0) > 0 && !session->wire.end_of_file)
		if (guest_lines_read(session, fault) < 0)
			return -1;
	*ret_between_lines = session->wire.used_bytes == session->wire.taken_bytes;
	return 0;
}

int session_take_hello(struct session *session, const char *line, size_t size_bytes,
		       struct fault *fault)
{
	session->restored = true;
	return guest_lines_take(session, line, size_bytes, fault);
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
		return user_streams_resize(session->user, fault);
	else if (number != 0)
		return fault_set(fault, REASON_INTERRUPTED, "interrupted by signal %d (%s)", number,
				 strsignal(number));
	return 0;
}

static int dispatch(struct session *session, const struct pollfd slots[SLOTS], struct fault *fault)
{
	struct machine *machine = &session->machine;

	if (slots[SLOT_SIGNALS].revents && read_signals(session, fault) < 0)
		return -1;
	if (slots[SLOT_COMPLAINT].revents)
		read_tail(&session->complaint, &machine->complaint_fd);
	/* Before the wire: a failed disk explains what the guest says of it. */
	if (slots[SLOT_MONITOR].revents && monitor_read(&session->monitor, fault) < 0)
		return -1;
	if (slots[SLOT_WIRE].revents && guest_lines_read(session, fault) < 0)
		return -1;
	if (slots[SLOT_CALLER].revents && caller_read(session->caller, fault) < 0)
		return -1;
	if (user_streams_step(session->user, slots + SLOT_STREAMS, &session->console, fault) < 0)
		return -1;
	/* After the wire, by which a shell may just have begun: what it says is the user's. */
	if (slots[SLOT_CONSOLE].revents && !(session->user->active && session->user->has_terminal))
		read_tail(&session->console, &machine->console_fd);
	return 0;
}

/* Return how much longer than intended it took. */
static int64_t beyond(int64_t since_ms, int64_t meant_ms)
{
	int64_t over_ms = clock_ms() - since_ms - meant_ms;

	return over_ms > 0 ? over_ms : 0;
}

struct exit_facts session_exit_facts(const struct session *session)
{
	return (struct exit_facts){ .exited = session->machine.exited,
				    .wait_status = session->machine.wait_status,
				    .complaint = &session->complaint,
				    .console = &session->console,
				    .memory_mib = session->memory_mib };
}

static int explain_exit(const struct session *session, struct fault *fault)
{
	struct exit_facts facts = session_exit_facts(session);

	return exit_reason_explain(&facts, fault);
}

int session_pump(struct session *session, struct fault *fault)
{
	struct machine *machine = &session->machine;
	bool is_shown = session->user->active && session->user->has_terminal;
	struct pollfd slots[SLOTS] = {
		[SLOT_SIGNALS] = { .fd = session->signals_fd, .events = POLLIN },
		[SLOT_CONSOLE] = { .fd = is_shown ? -1 : machine->console_fd, .events = POLLIN },
		[SLOT_COMPLAINT] = { .fd = machine->complaint_fd, .events = POLLIN },
		[SLOT_MONITOR] = { .fd = open_fd(&session->monitor.qmp.reader), .events = POLLIN },
		[SLOT_WIRE] = { .fd = open_fd(&session->wire), .events = POLLIN },
		[SLOT_CALLER] = { .fd = session->caller->fd, .events = POLLIN }
	};
	/* Of a machine that is gone, what it left in the channels is still read. */
	int timeout_ms = machine->exited ? 0 : watchdog_left_ms(&session->dog);
	int64_t before_ms = clock_ms(), absent_ms;
	int ready;

	user_streams_slots(session->user, slots + SLOT_STREAMS);
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
		return explain_exit(session, fault);
	if (watchdog_left_ms(&session->dog) == 0)
		return watchdog_fault(&session->dog, fault);
	return 0;
}

int session_execute(struct session *session, const char *command, json_t *arguments, int fd,
		    struct fault *fault)
{
	if (monitor_send(&session->monitor, command, arguments, fd, fault) < 0)
		return -1;
	while (!session->monitor.answer)
		if (session_pump(session, fault) < 0)
			return -1;
	return monitor_judge(&session->monitor, command, fault);
}

int session_open(struct session *session, const struct machine_plan *plan, int64_t hello_ms,
		 struct fault *fault)
{
	if (machine_start(plan, &session->machine, fault) < 0 ||
	    monitor_open(&session->monitor, session->machine.qmp_fd, fault) < 0)
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
		  "the virtual machine cannot be ended: it hangs in the host's kernel");
	return fault_hint(fault, "look for errors of the host's storage (dmesg)");
}

void session_close(struct session *session)
{
	(void)machine_stop(&session->machine);
	monitor_close(&session->monitor);
	line_reader_close(&session->wire);
	json_decref(session->hello);
	json_decref(session->verdict);
}
