/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error type of all code. A function that can fail returns 0, or -1 with the
 * caller's struct fault filled; it prints nothing. Only the top of a program
 * reports: the agent's jobs by agent/events.h, the host's by its main file.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "reason.h"

struct fault {
	enum reason reason;
	char message[512]; /* what happened and why: one sentence, no newline */
	char hint[256];	   /* what the user can do; may be empty */
};

/* Fill the fault; the message is cut when too long. Always returns -1, so that
 * a failing function can end in `return fault_set(...)`. */
int fault_set(struct fault *fault, enum reason reason, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, with ": " and the text of errno_value behind the message. */
int fault_set_errno(struct fault *fault, enum reason reason, int errno_value, const char *format,
		    ...) __attribute__((format(printf, 4, 5)));

/* Add what to do about it. Always returns -1. */
int fault_hint(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Let message and hint begin with a capital, as sentences that people read do. What looks like
 * the name of a program or file, as qemu-img and e2fsck, stays as it is. */
void fault_capitalize(struct fault *fault);

#endif
