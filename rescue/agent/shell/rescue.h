/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shell, or a command, with the disk attached. */
#ifndef AGENT_RESCUE_H
#define AGENT_RESCUE_H

#include "agent/job_setup.h"
#include "agent/report.h"
#include "base/fault.h"
#include "wire/request.h"

/* Wait for the disk, run what the request asks for, tell its exit status, and
 * leave the disk whole: no process, nothing mounted, everything flushed. */
int rescue_run(const struct job_setup *setup, const struct request *request,
	       struct agent_report *report, struct fault *fault);

#endif
