/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include "arguments.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "host/signals.h"
#include "process_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define STOP_MS	    1000
#define EXEC_FAILED 127
#define HIGHEST_FD  1024

struct channels {
	int ours[CHANNELS];
	int theirs[CHANNELS];
};

static void close_channels(struct channels *channels)
{
	for (int i = 0; i < CHANNELS; i++) {
		close_fdp(&channels->ours[i]);
		close_fdp(&channels->theirs[i]);
	}
}

/* One kind for all: a socket pair also does for output that only goes one way. */
static int open_channels(struct channels *channels, int count)
{
	for (int i = 0; i < CHANNELS; i++)
		channels->ours[i] = channels->theirs[i] = -1;
	for (int i = 0; i < count; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			return -1;
		channels->ours[i] = pair[0];
		channels->theirs[i] = pair[1];
		if (fcntl(pair[0], F_SETFD, FD_CLOEXEC) < 0 ||
		    fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
			return -1;
	}
	return 0;
}

/* Close all descriptors that QEMU is not given: it must not hold the caller's locks and
 * files. */
static void close_other_fds(const int keep[CHANNELS], const struct machine_plan *plan)
{
	struct disk_fd of_disk[DISK_FDS_MAX];
	int count = plan->disk ? disk_fds(plan->disk, of_disk) : 0;

	for (int fd = STDERR_FILENO + 1; fd < HIGHEST_FD; fd++) {
		/* The rules are closed on exec. */
		bool kept = fd == plan->confine->rules_fd || fd == plan->saved_fd;

		for (int i = 0; i < count; i++)
			kept = kept || of_disk[i].fd == fd;
		for (int i = 0; i < CHANNELS; i++)
			kept = kept || keep[i] == fd;
		if (!kept)
			(void)close(fd); /* most are not open */
	}
}

/* Let QEMU inherit the descriptors that its arguments name. */
static void pass_fds(const struct machine_plan *plan)
{
	struct disk_fd fds[DISK_FDS_MAX];
	int count = plan->disk ? disk_fds(plan->disk, fds) : 0;

	for (int i = 0; i < count; i++)
		(void)fcntl(fds[i].fd, F_SETFD, 0);
	if (plan->saved_fd >= 0)
		(void)fcntl(plan->saved_fd, F_SETFD, 0);
}

static _Noreturn void become_qemu(const struct machine_plan *plan, const int fds[CHANNELS],
				  char *const argv[], pid_t parent)
{
	int null_fd;

	signals_tie_to_parent(parent, SIGKILL);
	(void)setsid();
	signals_reset();
	(void)setenv("LC_ALL", "C", 1);
	null_fd = open("/dev/null", O_RDONLY);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(fds[CHANNEL_COMPLAINT], STDOUT_FILENO) < 0 ||
	    dup2(fds[CHANNEL_COMPLAINT], STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	close_other_fds(fds, plan);
	pass_fds(plan);
	if (confine_enter(plan->confine) == 0)
		execv(plan->qemu, argv);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(EXEC_FAILED);
}

/* Become the parent of processes that QEMU leaves, even in sessions of their own, to be
 * able to end them. Not if we were born with children of somebody else. */
static bool adopt_orphans(void)
{
#ifdef __linux__
	siginfo_t info;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD)
		return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
#endif
	return false;
}

int machine_start(const struct machine_plan *plan, struct machine *ret_machine, struct fault *fault)
{
	struct channels channels;
	struct arguments arguments;
	pid_t parent = getpid(), pid;

	*ret_machine = (struct machine){ .wire_fd = -1,
					 .qmp_fd = -1,
					 .console_fd = -1,
					 .complaint_fd = -1,
					 .stream_fds = { -1, -1, -1 } };
	if (open_channels(&channels, plan->hardware->streams ? CHANNELS : CHANNEL_INPUT) < 0) {
		fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a socket pair");
		close_channels(&channels);
		return -1;
	}
	if (arguments_write(&arguments, plan, channels.theirs) < 0) {
		close_channels(&channels);
		return fault_set(fault, REASON_NO_MEMORY, "QEMU's arguments cannot be written");
	}
	ret_machine->adopts = adopt_orphans();
	pid = fork();
	if (pid == 0)
		become_qemu(plan, channels.theirs, (char *const *)arguments.argv, parent);
	arguments_free(&arguments);
	if (pid < 0) {
		process_limit_fault("cannot start a process", strerror(errno), fault);
		close_channels(&channels);
		return -1;
	}
	ret_machine->pid = pid;
	ret_machine->wire_fd = steal_fd(&channels.ours[CHANNEL_WIRE]);
	ret_machine->qmp_fd = steal_fd(&channels.ours[CHANNEL_QMP]);
	ret_machine->console_fd = steal_fd(&channels.ours[CHANNEL_CONSOLE]);
	ret_machine->complaint_fd = steal_fd(&channels.ours[CHANNEL_COMPLAINT]);
	for (int i = 0; i < MACHINE_STREAMS; i++)
		ret_machine->stream_fds[i] = steal_fd(&channels.ours[CHANNEL_INPUT + i]);
	close_channels(&channels);
	return 0;
}

/* 0: no child is left. */
static int reap(struct machine *machine)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(machine->adopts ? -1 : machine->pid, &status, WNOHANG)) > 0) {
		if (pid != machine->pid)
			continue;
		machine->pid = 0;
		machine->exited = true;
		machine->wait_status = status;
		if (!machine->adopts)
			return 0;
	}
	return pid < 0 ? 0 : 1;
}

void machine_reap(struct machine *machine)
{
	if (machine->pid > 0)
		(void)reap(machine);
}

static void kill_children(void)
{
	/* Not there on every kernel; then only its session is reached. */
	cleanup_file FILE *children = fopen("/proc/thread-self/children", "re");
	int pid;

	while (children && fscanf(children, "%d", &pid) == 1)
		(void)kill(pid, SIGKILL);
}

int machine_stop(struct machine *machine)
{
	int64_t deadline_ms = clock_ms() + STOP_MS;
	bool gone = false;

	if (machine->pid > 0) {
		/* Its session first: --qemu may be a script that runs the real one. */
		(void)kill(-machine->pid, SIGKILL);
		(void)kill(machine->pid, SIGKILL);
	}
	for (;;) {
		gone = (machine->pid == 0 && !machine->adopts) || reap(machine) == 0;
		if (gone || clock_ms() >= deadline_ms)
			break;
		if (machine->adopts)
			kill_children();
		poll(NULL, 0, 5);
	}
	machine->adopts = machine->adopts && !gone;
	close_fdp(&machine->wire_fd);
	close_fdp(&machine->qmp_fd);
	close_fdp(&machine->console_fd);
	close_fdp(&machine->complaint_fd);
	for (int i = 0; i < MACHINE_STREAMS; i++)
		close_fdp(&machine->stream_fds[i]);
	return gone ? 0 : -1;
}
