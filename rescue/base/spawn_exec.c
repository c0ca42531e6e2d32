/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cleanup.h"
#include "spawn_start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define EXIT_CANNOT_EXEC 127
#define PIPE_BYTES	 (1 << 20)

struct pipes {
	int output[2];
	int channel[2];
	int input[2];
};

static void pipes_close(struct pipes *pipes)
{
	close_fdp(&pipes->output[0]);
	close_fdp(&pipes->output[1]);
	close_fdp(&pipes->channel[0]);
	close_fdp(&pipes->channel[1]);
	close_fdp(&pipes->input[0]);
	close_fdp(&pipes->input[1]);
}

/* The input lies in its pipe before the child begins: it is small. */
static int pipes_open(const struct spawn *spawn, struct pipes *pipes, struct fault *fault)
{
	if (pipe2(pipes->output, O_CLOEXEC) < 0 || pipe2(pipes->channel, O_CLOEXEC) < 0 ||
	    (spawn->input && (pipe2(pipes->input, O_CLOEXEC) < 0 ||
			      write(pipes->input[1], spawn->input, strlen(spawn->input)) < 0))) {
		pipes_close(pipes);
		return fault_set_errno(fault, REASON_INTERNAL, errno, "no pipe");
	}
	fcntl(pipes->output[1], F_SETPIPE_SZ, PIPE_BYTES); /* smaller ones do, too */
	fcntl(pipes->channel[1], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

/* Between fork and exec: only async-signal-safe calls. */
static _Noreturn void become_child(const struct spawn *spawn, const struct pipes *pipes)
{
	sigset_t none;
	/* Out of the way first: a pipe end may itself be descriptor 0 to 3. */
	int output = fcntl(pipes->output[1], F_DUPFD_CLOEXEC, 10);
	int channel = fcntl(pipes->channel[1], F_DUPFD_CLOEXEC, 10);

	if (output < 0 || channel < 0 || (spawn->input && dup2(pipes->input[0], STDIN_FILENO) < 0))
		_exit(EXIT_CANNOT_EXEC);
	if (spawn->no_stdin)
		close(STDIN_FILENO);
	if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 ||
	    dup2(channel, SPAWN_CHANNEL_FD) < 0)
		_exit(EXIT_CANNOT_EXEC);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(spawn->argv[0], (char *const *)spawn->argv,
	       spawn->environment ? (char *const *)spawn->environment : environ);
	_exit(EXIT_CANNOT_EXEC);
}

int spawn_start(const struct spawn *spawn, struct spawn_child *ret_child, struct fault *fault)
{
	struct pipes pipes = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	pid_t child;

	if (pipes_open(spawn, &pipes, fault) < 0)
		return -1;
	child = fork();
	if (child == 0)
		become_child(spawn, &pipes);
	if (child < 0)
		fault_set_errno(fault, REASON_NO_MEMORY, errno, "%s cannot be started",
				spawn->argv[0]);
	else
		*ret_child = (struct spawn_child){ child, steal_fd(&pipes.output[0]),
						   steal_fd(&pipes.channel[0]) };
	pipes_close(&pipes);
	return child < 0 ? -1 : 0;
}

int spawn_judge(const struct spawn *spawn, int exit_status, struct fault *fault)
{
	if (exit_status != EXIT_CANNOT_EXEC)
		return 0;
	return fault_set(fault, REASON_INTERNAL, "%s cannot be started", spawn->argv[0]);
}
