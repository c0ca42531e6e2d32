/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of our own in TMPDIR, which goes in the end. */
#ifndef HOST_WORK_H
#define HOST_WORK_H

#include "base/fault.h"

#include <limits.h>

struct work {
	char folder[PATH_MAX]; /* absolute; "": none */
};

/* program: in its name. Faults: folder-not-writable, no-space. */
int work_make(struct work *work, const char *program, struct fault *fault);

/* A path in it. */
void work_path(const struct work *work, const char *name, char ret_path[PATH_MAX + 64]);

/* Remove it and the files in it. */
void work_remove(struct work *work);

#endif
