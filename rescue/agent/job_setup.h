/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program gives its one job: where to talk, and where to find things. */
#ifndef AGENT_JOB_SETUP_H
#define AGENT_JOB_SETUP_H

#include "base/fault.h"

#include <stdbool.h>

struct recorder; /* trace/recorder/recorder.h */

/* Where the agent runs in a sealed process of the host instead of a machine: what is done at
 * which moment (rescue/native/). */
struct job_seal {
	/* All threads are there, and nothing was said yet. After a failure nothing is: this tells.
	 */
	int (*close)(struct fault *fault);
	/* Wait for the disk, whose name is setup->image. on_tick as in devices/wait_device.h. */
	int (*await_disk)(void (*on_tick)(void *context), void *context, struct fault *fault);
	/* Is this program there? Nothing else is, and nothing can be mounted. */
	bool (*has_program)(const char *program);
	/* The job has ended: -1 with the true cause, if the disk has failed. */
	int (*judge)(struct fault *fault);
};

struct job_setup {
	int wire_in, wire_out;
	const char *build_id;
	const char *image; /* work on this file, outside a machine; NULL: wait for a disk */
	const char *sbin;
	const char *run_dir;
	int uevent_fd;		     /* -1 with an image */
	const struct job_seal *seal; /* NULL: none */
	struct recorder *recorder;   /* one that listens from the start on, or NULL; taken over */
};

#endif
