/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user has of the guest while a shell or a command runs in it: the
 * terminal, which gets its console; or the three standard streams. Otherwise
 * nothing, and the guest has no way to the user but events. */
#ifndef VM_USER_H
#define VM_USER_H

#include "base/relay.h"
#include "machine.h"
#include "options.h"
#include "tail.h"
#include "terminal.h"

#include <jansson.h>

#define USER_RELAYS 3

struct user {
	bool has_terminal, has_streams; /* at most one of them */
	bool active;			/* a shell runs */
	struct terminal terminal;
	int wire_fd;
	/* Input, output, and of a command error; the guest's side belongs to the machine. */
	struct relay relays[USER_RELAYS];
	bool input_told;  /* the guest knows where its input ends */
	bool awaits_rest; /* the command has ended, after so many bytes: */
	uint64_t output_bytes, error_bytes;
	int outputs[USER_RELAYS];   /* where what comes goes */
	bool harmless[USER_RELAYS]; /* it goes to a terminal, which is not to be commanded */
	bool within_c1[USER_RELAYS];
};

/* Fault: usage (no terminal). user_close must follow, also after a failure. */
int user_open(struct user *user, const struct options *options, struct fault *fault);
void user_close(struct user *user);

/* The window goes into the request. */
void user_describe(const struct user *user, struct request *request);

/* The guest is in that stage now: a shell begins, or has ended. */
int user_stage(struct user *user, const struct machine *machine, const char *stage,
	       struct fault *fault);

/* The shell or the command has ended, as this event says. */
int user_exit(struct user *user, const json_t *event, struct fault *fault);

/* The window may have another size. */
int user_resize(struct user *user, struct fault *fault);

/* For poll(2), and after it. What the console says goes to the tail as well.
 * Fault: interrupted (the escape; nobody reads the output). */
void user_slots(const struct user *user, struct pollfd slots[USER_RELAYS]);
int user_step(struct user *user, const struct pollfd slots[USER_RELAYS], struct tail *console,
	      struct fault *fault);

/* No shell any more: its last words, and the terminal is the user's. */
void user_end(struct user *user);

#endif
