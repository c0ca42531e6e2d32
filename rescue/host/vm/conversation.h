/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of a run with one machine: greeting, hello, request, disk, events,
 * end. */
#ifndef VM_CONVERSATION_H
#define VM_CONVERSATION_H

#include "options.h"
#include "paths.h"
#include "session.h"
#include "warm.h"

/* 0: the guest has come to an end of its own; session->verdict is its done or
 * fault, and it is not yet reported. -1: the run is over without one. */
int conversation_run(struct session *session, const struct machine_plan *plan, struct warm *warm,
		     const struct options *options, const struct paths *paths, struct fault *fault);

/* Only up to the hello, and save the machine. */
int conversation_prepare(struct session *session, const struct machine_plan *plan,
			 struct warm *warm, const struct options *options, struct fault *fault);

#endif
