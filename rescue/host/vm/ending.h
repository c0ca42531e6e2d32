/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a machine came to its end, read from its exit status and its last words. */
#ifndef VM_ENDING_H
#define VM_ENDING_H

#include "session.h"

/* The fault for a machine that is gone before its time. Always -1. */
int ending_explain(const struct session *session, struct fault *fault);

/* Whether it ended because of QEMU's sandbox: it was built without, the host
 * forbids it, or it is too strict for this host. */
bool ending_lacks_sandbox(const struct session *session);

/* Whether QEMU gave up by itself: on this host it may need more than it was
 * confined to. */
bool ending_gave_up(const struct session *session);

#endif
