/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machines of a run that are at work. */
#ifndef GROW_MACHINE_AWAIT_H
#define GROW_MACHINE_AWAIT_H

#include "grow.h"

/* Until none runs. A check that the grower leaves is started on the way; a sealed process that
 * cannot grow what it found is followed by a machine. Faults: interrupted; internal; what the host
 * lacks. */
int machines_await(struct grow *grow, struct fault *fault);

/* Start the grower anew, with a log that is empty again. Faults as those of log_create and
 * vm_start. */
int machines_grow_again(struct grow *grow, struct fault *fault);

/* It was started, and has ended with a fault, which is in *ret_why then. */
bool machine_failed(const struct grow_machine *machine, struct fault *ret_why);

/* Does the grower's plan leave a check to others? */
bool machines_leave_check(const struct grow *grow);

/* What the result tells is from these machines. */
void machines_note_events(struct grow *grow);

/* The memory that the host could give, in MiB; a guess where nothing tells it. */
unsigned machines_memory_mib(void);

#endif
