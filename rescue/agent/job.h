/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The job: one request, from hello to the verdict. */
#ifndef AGENT_JOB_H
#define AGENT_JOB_H

#include "job_setup.h"

/* Say hello, take the request, do it, and report done or a fault. Returns the
 * exit status that the outcome maps to; everything on the way has gone over
 * the wire. */
int job_run(const struct job_setup *setup);

#endif
