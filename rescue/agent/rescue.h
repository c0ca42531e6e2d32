/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shell, or a command, with the disk attached. */
#ifndef AGENT_RESCUE_H
#define AGENT_RESCUE_H

#include "job.h"
#include "report.h"

/* Wait for the disk, run what the request asks for, tell its exit status, and
 * leave the disk whole: no process, nothing mounted, everything flushed. */
int rescue_run(const struct job_setup *setup, const struct request *request, struct report *report,
	       struct fault *fault);

#endif
