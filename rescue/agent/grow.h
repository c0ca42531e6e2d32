/* What a request to grow, or to plan, asks for: stage by stage. */
#ifndef AGENT_GROW_H
#define AGENT_GROW_H

#include "job.h"
#include "report.h"

/* Everything on the way goes over the report. Sets *ret_changed, also after a
 * failure. */
int grow_run(const struct job_setup *setup, const struct request *request, struct report *report,
	     bool *ret_changed, struct fault *fault);

#endif
