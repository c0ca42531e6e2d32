/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the guest: check each against the table and the sequence of events, note it
 * in the session, and pass it on. */
#ifndef VM_TALK_GUEST_LINES_H
#define VM_TALK_GUEST_LINES_H

#include "session.h"

/* Read all lines that have come. Fault: guest-protocol; or the event cannot be passed
 * on. */
int guest_lines_read(struct session *session, struct fault *fault);

/* Take one line. */
int guest_lines_take(struct session *session, const char *line, size_t size_bytes,
		     struct fault *fault);

#endif
