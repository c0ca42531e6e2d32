/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How spawn gets its child. Two files have these functions, and a program links one of
 * them: spawn_exec.c executes a program; native/worker.c, in a sealed process, which can
 * execute nothing, gives the order to a child that waits for one. */
#ifndef BASE_SPAWN_START_H
#define BASE_SPAWN_START_H

#include "spawn.h"

#include <sys/types.h>

struct spawn_child {
	pid_t pid;
	int output_fd, channel_fd; /* what it says, until its end; owned */
};

/* Faults: no-memory, internal. */
int spawn_start(const struct spawn *spawn, struct spawn_child *ret_child, struct fault *fault);

/* Its exit status, if by it the child says that it could not do its work at all: -1 with the
 * fault. Else 0. */
int spawn_judge(const struct spawn *spawn, int exit_status, struct fault *fault);

#endif
