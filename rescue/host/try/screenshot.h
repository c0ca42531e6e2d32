/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of --screenshot. QEMU gets its descriptor, and no name; it gets the name of the user's
 * when it is whole. */
#ifndef TRY_SCREENSHOT_H
#define TRY_SCREENSHOT_H

#include "base/fault.h"

#include <limits.h>

struct screenshot {
	const char *path;	   /* borrowed; NULL: none */
	char unfinished[PATH_MAX]; /* beside it; "": none */
	int fd;			   /* open for writing; owned; -1: none */
};

/* Make the unfinished one. Faults: usage (that cannot be a file), folder-not-writable, no-space. */
int screenshot_open(struct screenshot *screenshot, const char *path, struct fault *fault);

/* Give it its name, if QEMU has written a PNG. Faults: internal (it has not), disk-io. */
int screenshot_finish(struct screenshot *screenshot, struct fault *fault);

/* Remove what is unfinished, and close. */
void screenshot_close(struct screenshot *screenshot);

#endif
