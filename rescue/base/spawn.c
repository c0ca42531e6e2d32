/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spawn.h"

#include "cleanup.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_CANNOT_EXEC 127

/* What the child says is read so often, not line by line: to wake and go back to
 * sleep costs 0.06 ms where the processor is emulated, and e2fsck writes a line
 * for every group of blocks. Until then it lies in the pipe. */
#define LOOK_MS	   100
#define PIPE_BYTES (1 << 20)

struct pipes {
	int output[2];
	int channel[2];
};

static void pipes_close(struct pipes *pipes)
{
	close_fdp(&pipes->output[0]);
	close_fdp(&pipes->output[1]);
	close_fdp(&pipes->channel[0]);
	close_fdp(&pipes->channel[1]);
}

/* Between fork and exec: only async-signal-safe calls. */
static _Noreturn void become_child(const struct spawn *spawn, const struct pipes *pipes)
{
	sigset_t none;
	/* Out of the way first: a pipe end may itself be descriptor 0 to 3. */
	int output = fcntl(pipes->output[1], F_DUPFD_CLOEXEC, 10);
	int channel = fcntl(pipes->channel[1], F_DUPFD_CLOEXEC, 10);

	if (output < 0 || channel < 0)
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

/* One read; closes the descriptor at its end. */
static void drain(int *fd, void (*deliver)(void *, const char *, size_t), void *context)
{
	char bytes[4096];
	ssize_t got = read(*fd, bytes, sizeof(bytes));

	if (got > 0 && deliver)
		deliver(context, bytes, (size_t)got);
	else if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		close_fdp(fd);
}

/* Until the child has closed both pipes, which always wakes us. */
static void watch(const struct spawn *spawn, struct pipes *pipes, pid_t child)
{
	int64_t next_tick_ms = clock_ms() + spawn->tick_ms;
	bool look = false;

	while (pipes->output[0] >= 0 || pipes->channel[0] >= 0) {
		short events = look ? POLLIN : 0;
		struct pollfd ready[] = { { .fd = pipes->output[0], .events = events },
					  { .fd = pipes->channel[0], .events = events } };

		int64_t left_ms = next_tick_ms - clock_ms();

		if (left_ms <= 0) {
			if (spawn->on_tick)
				spawn->on_tick(spawn->context);
			if (spawn->is_too_much && spawn->is_too_much(spawn->context))
				(void)kill(child, SIGKILL);
			next_tick_ms = clock_ms() + spawn->tick_ms;
			continue;
		}
		if (left_ms > LOOK_MS)
			left_ms = LOOK_MS;
		if (poll(ready, 2, look ? 0 : (int)left_ms) <= 0) {
			look = !look;
			continue;
		}
		if (ready[0].revents)
			drain(&pipes->output[0], spawn->on_output, spawn->context);
		if (ready[1].revents)
			drain(&pipes->channel[0], spawn->on_channel, spawn->context);
	}
}

static int wait_for(pid_t child)
{
	for (;;) {
		int status = 0;
		pid_t ended = waitpid(-1, &status, 0);

		if (ended == child)
			return status;
		if (ended < 0 && errno != EINTR)
			return -1;
	}
}

int spawn_explain_signal(const char *name, int signal_number, struct fault *fault)
{
	return fault_set(fault, REASON_INTERNAL, "%s was killed by signal %d (%s)", name,
			 signal_number, strsignal(signal_number));
}

static int explain(const struct spawn *spawn, int status, int *ret_exit_status, struct fault *fault)
{
	const char *name = strrchr(spawn->argv[0], '/');

	name = name ? name + 1 : spawn->argv[0];
	if (status < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "%s was lost", name);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		return fault_set(fault, REASON_FS_NEEDS_MEMORY,
				 "%s needed more memory than the machine has", name);
	}
	if (WIFSIGNALED(status))
		return spawn_explain_signal(name, WTERMSIG(status), fault);
	if (WEXITSTATUS(status) == EXIT_CANNOT_EXEC)
		return fault_set(fault, REASON_INTERNAL, "%s cannot be started", spawn->argv[0]);
	*ret_exit_status = WEXITSTATUS(status);
	return 0;
}

int spawn_run(const struct spawn *spawn, int *ret_exit_status, struct fault *fault)
{
	struct pipes pipes = { { -1, -1 }, { -1, -1 } };
	pid_t child;
	int status;

	if (spawn->ret_signal)
		*spawn->ret_signal = 0;
	if (pipe2(pipes.output, O_CLOEXEC) < 0 || pipe2(pipes.channel, O_CLOEXEC) < 0) {
		pipes_close(&pipes);
		return fault_set_errno(fault, REASON_INTERNAL, errno, "no pipe");
	}
	fcntl(pipes.output[1], F_SETPIPE_SZ, PIPE_BYTES); /* smaller ones do, too */
	fcntl(pipes.channel[1], F_SETPIPE_SZ, PIPE_BYTES);
	child = fork();
	if (child < 0) {
		pipes_close(&pipes);
		return fault_set_errno(fault, REASON_NO_MEMORY, errno, "%s cannot be started",
				       spawn->argv[0]);
	}
	if (child == 0)
		become_child(spawn, &pipes);
	close_fdp(&pipes.output[1]);
	close_fdp(&pipes.channel[1]);
	watch(spawn, &pipes, child);
	status = wait_for(child);
	if (spawn->ret_signal && status >= 0 && WIFSIGNALED(status))
		*spawn->ret_signal = WTERMSIG(status);
	return explain(spawn, status, ret_exit_status, fault);
}
