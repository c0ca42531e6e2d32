/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session says to QEMU, and hears from it. */
#ifndef VM_MONITOR_H
#define VM_MONITOR_H

#include "session.h"

/* Read what has come, and heed it. */
int monitor_read(struct session *session, struct fault *fault);

/* Send a command and wait for its answer; takes over the reference of
 * arguments, which may be NULL. QEMU gets a copy of fd, if it is not -1. 0 with
 * its answer in session->answer until the next command; 1: the answer is QEMU's
 * refusal (REASON_INTERNAL); -1: the run is over. */
int monitor_execute(struct session *session, const char *command, json_t *arguments, int fd,
		    struct fault *fault);

#endif
