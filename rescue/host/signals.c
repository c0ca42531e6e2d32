/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signals.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

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
	close_fdp(&pipe_fds[0]); /* the parent's, after fork */
	close_fdp(&pipe_fds[1]);
	if (pipe(pipe_fds) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (fcntl(pipe_fds[i], F_SETFD, FD_CLOEXEC) < 0 ||
		    fcntl(pipe_fds[i], F_SETFL, O_NONBLOCK) < 0)
			return -1;
	return 0;
}

static void list_caught(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaddset(ret_set, caught[i]);
}

int signals_open(int *ret_fd, struct fault *fault)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t ours;

	if (make_pipe() < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a pipe");
	list_caught(&ours);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &action, NULL);
	/* EPIPE and EFBIG tell it where it can be handled. */
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
	sigprocmask(SIG_UNBLOCK, &ours, NULL);
	*ret_fd = pipe_fds[0];
	return 0;
}

int signals_next(int fd)
{
	unsigned char byte;

	return read(fd, &byte, 1) == 1 ? byte : 0;
}

void signals_hold(sigset_t *ret_before)
{
	sigset_t ours;

	list_caught(&ours);
	sigprocmask(SIG_BLOCK, &ours, ret_before);
}

void signals_release(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

void signals_reset(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
}

void signals_tie_to_parent(pid_t parent, int number)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, number);
	if (getppid() != parent)
		raise(number); /* it died before the line above */
#else
	(void)parent;
	(void)number;
#endif
}
