/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals as bytes of a pipe, so that one poll(2) sees everything. */
#ifndef VM_SIGNALS_H
#define VM_SIGNALS_H

#include "base/fault.h"

/* Install the handlers (SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGWINCH; SIGPIPE is ignored),
 * also over dispositions that were inherited as ignored: a shell starts its
 * background jobs with SIGINT ignored. The descriptor lives as long as the
 * program; it is readable when a signal has come. */
int signals_open(int *ret_fd, struct fault *fault);

/* The next signal that came, or 0. */
int signals_next(int fd);

/* In a child before exec: back to the defaults. Async-signal-safe. */
void signals_reset(void);

#endif
