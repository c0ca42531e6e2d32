/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request to grow, to plan or to check asks for: stage by stage. */
#ifndef AGENT_GROW_H
#define AGENT_GROW_H

#include "job.h"
#include "report.h"

/* Everything on the way goes over the report; the recorder, which may be NULL, gets
 * marks. Sets *ret_changed, also after a
 * failure. */
int grow_run(const struct job_setup *setup, const struct request *request, struct report *report,
	     struct recorder *recorder, bool *ret_changed, struct fault *fault);

#endif
