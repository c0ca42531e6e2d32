/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The job: one request, from hello to the verdict. */
#ifndef AGENT_JOB_H
#define AGENT_JOB_H

#include "recorder/recorder.h"
#include "wire/request.h"

struct job_setup {
	int wire_in, wire_out;
	const char *build_id;
	const char *image; /* work on this file, outside a machine; NULL: wait for a disk */
	const char *sbin;
	const char *run_dir;
	int uevent_fd;		   /* -1 with an image */
	struct recorder *recorder; /* one that listens from the start on, or NULL; taken over */
};

/* Say hello, take the request, do it, and report done or a fault. Returns the
 * exit status that the outcome maps to; everything on the way has gone over
 * the wire. */
int job_run(const struct job_setup *setup);

#endif
