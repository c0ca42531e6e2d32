/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program gives its one job: where to talk, and where to find things. */
#ifndef AGENT_JOB_SETUP_H
#define AGENT_JOB_SETUP_H

struct recorder; /* trace/recorder/recorder.h */

struct job_setup {
	int wire_in, wire_out;
	const char *build_id;
	const char *image; /* work on this file, outside a machine; NULL: wait for a disk */
	const char *sbin;
	const char *run_dir;
	int uevent_fd;		   /* -1 with an image */
	struct recorder *recorder; /* one that listens from the start on, or NULL; taken over */
};

#endif
