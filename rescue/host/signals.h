/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals as bytes of a pipe, so that one poll(2) sees everything. */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

#include "base/fault.h"

#include <signal.h>
#include <sys/types.h>

/* Install the handlers (SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD, SIGWINCH; SIGPIPE and
 * SIGXFSZ are ignored), also over dispositions that were inherited as ignored: a shell starts its
 * background jobs with SIGINT ignored. The descriptor lives as long as the process; it is
 * readable when a signal has come. A child that was forked calls this again to get a
 * pipe of its own. */
int signals_open(int *ret_fd, struct fault *fault);

/* The next signal that came, or 0. */
int signals_next(int fd);

/* Block the signals above around fork(2): a child must not write into its parent's pipe.
 * The child's signals_open unblocks them; the parent calls signals_release. */
void signals_hold(sigset_t *ret_before);
void signals_release(const sigset_t *before);

/* In a child before exec: back to the defaults. Async-signal-safe. */
void signals_reset(void);

/* Have this signal sent to us when our parent dies; at once if it is dead already, that
 * is, if it is not this process any more. Linux only. Async-signal-safe. */
void signals_tie_to_parent(pid_t parent, int number);

#endif
