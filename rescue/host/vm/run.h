/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machines of one run: one for each accelerator that may work, until one says
 * hello; and its verdict. */
#ifndef VM_RUN_H
#define VM_RUN_H

#include "host/vm/talk/caller.h"
#include "host/vm/talk/events.h"
#include "host/vm/user/user_streams.h"
#include "paths.h"
#include "progress.h"
#include "vm.h"

struct run {
	const struct vm_spec *spec;
	struct paths paths;
	struct disk_plan disk; /* of the spec */
	struct native_plan native;
	unsigned memory_mib; /* of the machine that is tried */
	const struct events *events;
	struct progress *progress;
	struct user_streams user;
	struct caller caller;
	int signals_fd;
	int console_fd;
	bool sandbox;  /* until QEMU says that it has none */
	bool confined; /* until QEMU gives up so */
	bool was_up;   /* the last machine */
	bool saving;   /* until a machine is lost by it */
};

/* 0: a verdict is reported, and *ret_status is the exit status that belongs to
 * it. */
int run_machines(struct run *run, enum status *ret_status, struct fault *fault);

#endif
