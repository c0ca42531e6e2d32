/* The job: one request, worked off stage by stage. */
#ifndef AGENT_JOB_H
#define AGENT_JOB_H

#include "disk.h"
#include "filesystem/fs.h"
#include "filesystem/tool.h"
#include "partition/plan.h"
#include "report.h"
#include "wire/request.h"

struct job_setup {
	int wire_in, wire_out;
	const char *build_id;
	const char *image; /* work on this file, outside a machine; NULL: wait for a disk */
	const char *sbin;
	const char *run_dir;
	int uevent_fd; /* -1 with an image */
};

/* Say hello, take the request, do it, and report done or a fault. Returns the
 * exit status that the outcome maps to; everything on the way has gone over
 * the wire. */
int job_run(const struct job_setup *setup);

#endif
