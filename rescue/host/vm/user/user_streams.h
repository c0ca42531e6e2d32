/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connect the user with a shell or a command in the guest: the terminal with its
 * console, or the three standard streams. Otherwise the guest reaches the user only by
 * events. */
#ifndef VM_USER_USER_STREAMS_H
#define VM_USER_USER_STREAMS_H

#include "base/relay.h"
#include "host/vm/qemu/machine.h"
#include "host/vm/qemu/tail.h"
#include "terminal.h"
#include "wire/request.h"

#include <jansson.h>

#define USER_STREAMS 3

struct user_streams {
	bool has_terminal, has_streams; /* at most one of them */
	bool active;			/* a shell runs */
	struct terminal terminal;
	int wire_fd;
	/* Input, output, and of a command error; the guest's side belongs to the machine. */
	struct relay relays[USER_STREAMS];
	bool input_told;  /* the guest knows where its input ends */
	bool awaits_rest; /* the command has ended, after so many bytes: */
	uint64_t output_bytes, error_bytes;
	int outputs[USER_STREAMS];   /* where the output goes */
	bool harmless[USER_STREAMS]; /* it goes to a terminal, which is not to be commanded */
	bool within_c1[USER_STREAMS];
};

/* With the terminal, or the three streams, or nothing. Fault: usage (no terminal).
 * user_streams_close must follow, also after a failure. */
int user_streams_open(struct user_streams *user, bool terminal, bool streams, struct fault *fault);
void user_streams_close(struct user_streams *user);

/* The window goes into the request. */
void user_streams_describe(const struct user_streams *user, struct request *request);

/* The guest is in that stage now: a shell begins, or has ended. */
int user_streams_stage(struct user_streams *user, const struct machine *machine, const char *stage,
		       struct fault *fault);

/* The shell or the command has ended, as this event says. */
int user_streams_exit(struct user_streams *user, const json_t *event, struct fault *fault);

/* The window may have another size. */
int user_streams_resize(struct user_streams *user, struct fault *fault);

/* For poll(2), and after it. The console's text goes to the tail as well.
 * Fault: interrupted (the escape; nobody reads the output). */
void user_streams_slots(const struct user_streams *user, struct pollfd slots[USER_STREAMS]);
int user_streams_step(struct user_streams *user, const struct pollfd slots[USER_STREAMS],
		      struct tail *console, struct fault *fault);

/* No shell any more: its last words, and the terminal is the user's. */
void user_streams_end(struct user_streams *user);

#endif
