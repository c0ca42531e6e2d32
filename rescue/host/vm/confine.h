/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU may do to the host, should its guest take it over: which files it
 * sees, how much it may take (docs/decisions/6-confinement.md). */
#ifndef VM_CONFINE_H
#define VM_CONFINE_H

#include "accel.h"
#include "options.h"
#include "paths.h"

struct confine {
	int rules_fd;		 /* Landlock; owned; -1: none, or not to be confined */
	bool strict;		 /* all of it, and not only the limits of files */
	bool may_change;	 /* a folder of the host, and what is in it */
	uint64_t memory_bytes;	 /* address space, where strict */
	uint64_t disk_max_bytes; /* largest file it may write; 0: no limit */
};

/* Think out what QEMU may do under this accelerator. Cannot fail: without
 * Landlock in the kernel the rest still holds. confine_close must follow. */
void confine_open(struct confine *confine, const struct options *options, const struct paths *paths,
		  enum accel accel, bool strict);
void confine_close(struct confine *confine);

/* In the child, right before exec: nothing can be taken back. 0, or -1 with
 * errno. */
int confine_enter(const struct confine *confine);

#endif
