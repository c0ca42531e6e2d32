/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"

#include "host/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXEC_FAILED 127
#define HIGHEST_FD  1024

/* It must not hold the caller's locks and files. */
static void close_other_fds(const struct process_plan *plan)
{
	for (int fd = STDERR_FILENO + 1; fd < HIGHEST_FD; fd++) {
		bool kept = false;

		for (int i = 0; i < plan->fd_count; i++)
			kept = kept || plan->fds[i] == fd;
		if (kept)
			(void)fcntl(fd, F_SETFD, 0);
		else if (fd != plan->confine->rules_fd) /* that is closed on exec */
			(void)close(fd);		/* most are not open */
	}
}

static _Noreturn void become(const struct process_plan *plan, pid_t parent)
{
	int null_fd;

	signals_tie_to_parent(parent, SIGKILL);
	(void)setsid();
	signals_reset();
	(void)setenv("LC_ALL", "C", 1);
	null_fd = open("/dev/null", O_RDONLY);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(plan->complaint_fd, STDOUT_FILENO) < 0 ||
	    dup2(plan->complaint_fd, STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	close_other_fds(plan);
	if (confine_enter(plan->confine) == 0)
		execv(plan->path, plan->argv);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(EXEC_FAILED);
}

pid_t process_start(const struct process_plan *plan)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		become(plan, parent);
	return pid;
}
