/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One virtual machine from start to end: its channels, and what is said on
 * them. session_pump is the one place that waits; the steps of a run
 * (conversation.c) are plain code that pumps until what it needs has come. */
#ifndef VM_TALK_SESSION_H
#define VM_TALK_SESSION_H

#include "caller.h"
#include "event_sequence.h"
#include "events.h"
#include "host/vm/progress.h"
#include "host/vm/qemu/exit_reason.h"
#include "host/vm/qemu/machine.h"
#include "host/vm/qemu/monitor.h"
#include "host/vm/user/user_streams.h"
#include "watchdog.h"

struct session {
	/* Set by the caller; borrowed. */
	const struct events *events;
	struct progress *progress;
	struct user_streams *user;
	struct caller *caller;
	const char *build_id; /* the guest that is expected */
	int signals_fd;
	int64_t stall_ms;
	int64_t run_ms;	     /* limit of the whole run */
	unsigned memory_mib; /* of the guest */

	/* The machine and its channels. */
	struct machine machine;
	struct line_reader wire;
	size_t wire_bytes;
	struct monitor monitor;
	struct tail console;
	struct tail complaint;
	struct watchdog dog;
	struct event_sequence sequence;

	/* What has come. */
	bool records;	     /* the guest has begun to record */
	char stage[16];	     /* of a traced boot: the last one that was entered */
	bool restored;	     /* the guest said its hello before it was saved */
	json_t *hello;	     /* of the right guest, as it came; owned; NULL: not yet */
	bool is_up;	     /* it has spoken to us, and is the right one */
	json_t *verdict;     /* the guest's done or fault, not yet reported; owned */
	enum event_kind end; /* which of the two */
};

/* Start the machine and open its channels. session_close must follow, also
 * after a failure. */
int session_open(struct session *session, const struct machine_plan *plan, int64_t hello_ms,
		 struct fault *fault);

/* Wait for something and handle it. -1: the run is over, for the fault's reason
 * (a signal, a limit passed, the machine gone, the protocol broken, the disk
 * failed). */
int session_pump(struct session *session, struct fault *fault);

/* The hello that a restored guest said before it was saved: checked like any, and
 * reported with the first line that it says itself. */
int session_take_hello(struct session *session, const char *line, size_t size_bytes,
		       struct fault *fault);

/* Of a machine that is stopped: take all lines that it has sent, and tell whether
 * nothing is left of one that it has not sent to its end. */
int session_drain(struct session *session, bool *ret_between_lines, struct fault *fault);

/* Send QEMU a command and wait for its answer; takes over the reference of
 * arguments, which may be NULL. QEMU gets a copy of fd, if it is not -1. 0 with
 * its answer in session->monitor.answer until the next command; 1: the answer is QEMU's
 * refusal (REASON_INTERNAL); -1: the run is over. */
int session_execute(struct session *session, const char *command, json_t *arguments, int fd,
		    struct fault *fault);

/* Return the facts of the machine's end. */
struct exit_facts session_exit_facts(const struct session *session);

/* Kill the machine if it still runs. The verdict, if any, stays; but it holds
 * only if this does not fail. */
int session_stop(struct session *session, struct fault *fault);
void session_close(struct session *session);

#endif
