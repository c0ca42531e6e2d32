/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals as the host's stages see them: the first one that asks us to end counts. */
#ifndef HOST_INTERRUPT_H
#define HOST_INTERRUPT_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

#define INTERRUPT_GRACE_MS 4000 /* from the signal until a child is killed */

struct interrupt {
	int signals_fd;	   /* of signals_open; borrowed */
	int signal_number; /* SIGHUP, SIGINT, SIGQUIT or SIGTERM; 0: none came yet */
	int64_t at_ms;	   /* when it came, on clock_ms() */
	int patience_ms;   /* it counts so long after it came: for what is better finished */
};

/* Read what has come. Return whether a signal has asked us to end. */
bool interrupt_came(struct interrupt *interrupt);

/* The same as a fault: -1 with REASON_INTERRUPTED, or 0. */
int interrupt_check(struct interrupt *interrupt, struct fault *fault);

/* Wait until there is something to read from a descriptor, or its end, or an error: 0. A signal
 * that asks us to end: -1 with REASON_INTERRUPTED. A FIFO is to be opened with O_NONBLOCK: without
 * a writer, open(2) would wait instead, and read(2) would see an end. */
int interrupt_await_input(struct interrupt *interrupt, int fd, struct fault *fault);

/* "SIGTERM". Static storage. */
const char *interrupt_name(const struct interrupt *interrupt);

#endif
