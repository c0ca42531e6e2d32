/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why QEMU ended, read from its exit status, its last words and the limits it ran under. */
#ifndef VM_QEMU_EXIT_REASON_H
#define VM_QEMU_EXIT_REASON_H

#include "base/fault.h"
#include "tail.h"

/* The facts of its end; borrowed. */
struct exit_facts {
	bool exited;
	int wait_status;	      /* of waitpid(2), once exited */
	const struct tail *complaint; /* its standard error */
	const struct tail *console;   /* of the guest */
	unsigned memory_mib;	      /* of the guest */
};

/* The fault for a machine that is gone before its time: guest-died or no-memory.
 * Always -1. */
int exit_reason_explain(const struct exit_facts *facts, struct fault *fault);

/* For a process that was killed by SIGKILL: return true, with the fault no-memory, if its
 * memory cgroup is too small for a machine of this memory. */
bool exit_reason_small_cgroup(unsigned memory_mib, struct fault *fault);

/* Return true if QEMU ended because of its sandbox: it was built without, the host
 * forbids it, or it is too strict for this host. */
bool exit_reason_lacks_sandbox(const struct exit_facts *facts);

/* Return true if QEMU gave up by itself: on this host it may need more rights than it
 * was given. */
bool exit_reason_gave_up(const struct exit_facts *facts);

#endif
