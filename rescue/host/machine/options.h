/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of the verb "machine". */
#ifndef MACHINE_OPTIONS_H
#define MACHINE_OPTIONS_H

#include "base/fault.h"
#include "host/vm/vm.h"

#include <limits.h>

enum machine_task { TASK_RUN, TASK_PREPARE, TASK_HELP };

/* All texts point into argv or are static. */
struct machine_options {
	enum machine_task task;
	const char *disk_path;	  /* NULL with TASK_PREPARE */
	const char *backing_path; /* NULL: QEMU follows the header of the disk */
	const char *events_path;  /* "-": standard output */
	/* The rest; its descriptors are -1 until the files are open. Its rtc and share are
	 * the texts below, or NULL. */
	struct vm_spec spec;
	char rtc[32];
	char share[PATH_MAX]; /* its real path */
};

extern const char machine_help_text[];

/* ret_options must stay where it is. -1 with REASON_USAGE and a sentence that names the
 * culprit. */
int machine_options_parse(int argc, char *const argv[], struct machine_options *ret_options,
			  struct fault *fault);

/* What goes with what, and what follows from it: the last step of the above. */
int machine_options_check(struct machine_options *options, struct fault *fault);

#endif
