/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of --write: the user decides whether the image gets what is in the log. */
#ifndef HOST_CHANGES_H
#define HOST_CHANGES_H

#include "console.h"
#include "host/log/keep.h"

/* Commit the log if anything was written and the user agrees (yes: do not ask); say which.
 * keep->published tells. Faults: interrupted, and those of keep_look
 * and keep_publish. */
int changes_keep(struct keep *keep, const struct console *console, bool yes, struct fault *fault);

#endif
