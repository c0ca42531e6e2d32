/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One virtual machine from start to end: its channels, and what is said on
 * them. session_pump is the one place that waits; the steps of a run
 * (conversation.c) are plain code that pumps until what it needs has come. */
#ifndef VM_SESSION_H
#define VM_SESSION_H

#include "machine.h"
#include "order.h"
#include "progress.h"
#include "qmp.h"
#include "report.h"
#include "tail.h"
#include "user.h"
#include "watchdog.h"
#include "word.h"

struct session {
	/* Set by the caller; borrowed. */
	struct report *report;
	struct progress *progress;
	struct user *user;
	struct word *word;
	const char *build_id; /* the guest that is expected */
	int signals_fd;
	int64_t stall_ms;
	int64_t run_ms;		 /* limit of the whole run */
	uint64_t disk_max_bytes; /* 0: no limit */

	/* The machine and its channels. */
	struct machine machine;
	struct line_reader wire;
	size_t wire_bytes;
	struct qmp qmp;
	struct tail console;
	struct tail complaint;
	struct watchdog dog;
	struct order order;

	/* What has come. */
	bool records;	/* the guest has begun to record */
	char stage[16]; /* of a traced boot: the last one that was entered */
	bool greeted;	/* by QEMU */
	char qemu_version[32];
	bool awaits_answer;
	json_t *answer;	     /* to the last QMP command; owned */
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

/* Read once what is there; a failed channel has ended. */
void session_fill(struct line_reader *reader);

/* Kill the machine if it still runs. The verdict, if any, stays; but it holds
 * only if this does not fail. */
int session_stop(struct session *session, struct fault *fault);
void session_close(struct session *session);

#endif
