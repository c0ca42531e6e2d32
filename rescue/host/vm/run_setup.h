/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine is made of, and what its session begins with: from what the caller wants. */
#ifndef VM_RUN_SETUP_H
#define VM_RUN_SETUP_H

#include "run.h"

#include "host/vm/talk/session.h"

/* ret_confine is open then; the caller closes it. */
void run_plan_machine(struct run *run, enum accel accel, struct confine *ret_confine,
		      struct machine_plan *ret_plan);

void run_prepare_session(struct run *run, enum accel accel, struct session *ret_session);

/* 0 seconds: the default. */
int64_t run_limit_ms(unsigned seconds, unsigned default_seconds);

#endif
