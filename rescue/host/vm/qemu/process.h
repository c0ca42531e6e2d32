/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A confined child of the keeper: QEMU, or one of the two processes that stand in for it. */
#ifndef VM_QEMU_PROCESS_H
#define VM_QEMU_PROCESS_H

#include "host/vm/confine/confine.h"

#include <sys/types.h>

#define PROCESS_FDS_MAX 16

/* All is borrowed. */
struct process_plan {
	const char *path;
	char *const *argv;
	const struct confine *confine;
	int complaint_fd;	  /* becomes its standard output and error */
	int fds[PROCESS_FDS_MAX]; /* inherited under the same numbers */
	int fd_count;
};

/* Fork and execute. It is a session of its own, so that the terminal's signals reach only us;
 * and it dies with us (Linux). Its number, or -1 with errno. */
pid_t process_start(const struct process_plan *plan);

#endif
