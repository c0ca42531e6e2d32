/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spawn.h"

#include "cleanup.h"
#include "io.h"
#include "spawn_start.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* What the child says is read so often, not line by line: to wake and go back to
 * sleep costs 0.06 ms where the processor is emulated, and e2fsck writes a line
 * for every group of blocks. Until then it lies in the pipe. */
#define LOOK_MS 100

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
static void watch(const struct spawn *spawn, struct spawn_child *child)
{
	int64_t next_tick_ms = clock_ms() + spawn->tick_ms;
	bool look = false;

	while (child->output_fd >= 0 || child->channel_fd >= 0) {
		short events = look ? POLLIN : 0;
		struct pollfd ready[] = { { .fd = child->output_fd, .events = events },
					  { .fd = child->channel_fd, .events = events } };

		int64_t left_ms = next_tick_ms - clock_ms();

		if (left_ms <= 0) {
			if (spawn->on_tick)
				spawn->on_tick(spawn->context);
			if (spawn->is_too_much && spawn->is_too_much(spawn->context))
				(void)kill(child->pid, SIGKILL);
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
			drain(&child->output_fd, spawn->on_output, spawn->context);
		if (ready[1].revents)
			drain(&child->channel_fd, spawn->on_channel, spawn->context);
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
	*ret_exit_status = WEXITSTATUS(status);
	return spawn_judge(spawn, *ret_exit_status, fault);
}

int spawn_run(const struct spawn *spawn, int *ret_exit_status, struct fault *fault)
{
	struct spawn_child child;
	int status;

	if (spawn->ret_signal)
		*spawn->ret_signal = 0;
	if (spawn_start(spawn, &child, fault) < 0)
		return -1;
	watch(spawn, &child);
	status = wait_for(child.pid);
	if (spawn->ret_signal && status >= 0 && WIFSIGNALED(status))
		*spawn->ret_signal = WTERMSIG(status);
	return explain(spawn, status, ret_exit_status, fault);
}
