/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static const int caught[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD, SIGWINCH };

#define CAUGHT (sizeof(caught) / sizeof(caught[0]))

static int pipe_fds[2] = { -1, -1 }; /* a handler can only reach a global */

static void note(int signal_number)
{
	int saved_errno = errno;
	unsigned char byte = (unsigned char)signal_number;
	ssize_t ignored = write(pipe_fds[1], &byte, 1); /* full: poll wakes up anyway */

	(void)ignored;
	errno = saved_errno;
}

static int make_pipe(void)
{
	if (pipe(pipe_fds) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (fcntl(pipe_fds[i], F_SETFD, FD_CLOEXEC) < 0 ||
		    fcntl(pipe_fds[i], F_SETFL, O_NONBLOCK) < 0)
			return -1;
	return 0;
}

int signals_open(int *ret_fd, struct fault *fault)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t ours;

	if (make_pipe() < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a pipe");
	sigemptyset(&ours);
	for (size_t i = 0; i < CAUGHT; i++) {
		sigaddset(&ours, caught[i]);
		sigaction(caught[i], &action, NULL);
	}
	sigaction(SIGPIPE, &ignore, NULL); /* EPIPE tells it where it can be handled */
	sigprocmask(SIG_UNBLOCK, &ours, NULL);
	*ret_fd = pipe_fds[0];
	return 0;
}

int signals_next(int fd)
{
	unsigned char byte;

	return read(fd, &byte, 1) == 1 ? byte : 0;
}

void signals_reset(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
}
