/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request to grow, to plan or to check asks for: stage by stage. */
#ifndef AGENT_GROW_H
#define AGENT_GROW_H

#include "agent/job_setup.h"
#include "agent/report.h"
#include "base/fault.h"
#include "wire/request.h"

#include <stdbool.h>

/* Report everything on the way; the recorder, which may be NULL, gets marks. Set
 * *ret_changed, also after a failure. */
int grow_run(const struct job_setup *setup, const struct request *request,
	     struct agent_report *report, struct recorder *recorder, bool *ret_changed,
	     struct fault *fault);

#endif
