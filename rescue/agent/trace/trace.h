/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A traced boot: stage by stage, up to a new partition table, and what came of
 * it. */
#ifndef AGENT_TRACE_H
#define AGENT_TRACE_H

#include "agent/job_setup.h"
#include "agent/report.h"
#include "base/fault.h"
#include "wire/request.h"

/* The recorder must have been started. Faults: those of the rooms. */
int trace_run(const struct job_setup *setup, const struct request *request,
	      struct agent_report *report, struct recorder *recorder, struct fault *fault);

#endif
