/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include "arguments.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "channels.h"
#include "native.h"
#include "process.h"
#include "process_limits.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define STOP_MS 1000

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

/* The descriptors that QEMU's arguments name. */
static pid_t start_qemu(const struct machine_plan *plan, const int fds[CHANNELS],
			char *const argv[])
{
	struct process_plan process = { .path = plan->qemu,
					.argv = argv,
					.confine = plan->confine,
					.complaint_fd = fds[CHANNEL_COMPLAINT] };
	struct disk_fd of_disk[DISK_FDS_MAX];
	int count = plan->disk ? disk_fds(plan->disk, of_disk) : 0;

	for (int i = 0; i < CHANNELS; i++)
		if (fds[i] >= 0)
			process.fds[process.fd_count++] = fds[i];
	for (int i = 0; i < count; i++)
		process.fds[process.fd_count++] = of_disk[i].fd;
	if (plan->saved_fd >= 0)
		process.fds[process.fd_count++] = plan->saved_fd;
	return process_start(&process);
}

static pid_t start_machine(const struct machine_plan *plan, const int fds[CHANNELS],
			   struct fault *fault)
{
	struct arguments arguments;
	pid_t pid;

	if (arguments_write(&arguments, plan, fds) < 0) {
		fault_set(fault, REASON_NO_MEMORY, "QEMU's arguments cannot be written");
		return -1;
	}
	pid = start_qemu(plan, fds, (char *const *)arguments.argv);
	arguments_free(&arguments);
	if (pid < 0)
		process_limit_fault("cannot start a process", strerror(errno), fault);
	return pid;
}

int machine_start(const struct machine_plan *plan, struct machine *ret_machine, struct fault *fault)
{
	struct machine *machine = ret_machine;
	int ours[CHANNELS], theirs[CHANNELS];
	int count = plan->hardware->streams ? CHANNELS : CHANNEL_INPUT;

	*machine = MACHINE_NONE;
	for (int i = 0; i < CHANNELS; i++)
		ours[i] = theirs[i] = -1;
	if (channels_open(ours, theirs, count) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a socket pair");
	machine->adopts = adopt_orphans();
	machine->pid = plan->native ? native_start(plan, theirs, machine, fault)
				    : start_machine(plan, theirs, fault);
	if (machine->pid < 0) {
		machine->pid = 0;
		channels_close(ours, theirs, count);
		return -1;
	}
	machine->wire_fd = steal_fd(&ours[CHANNEL_WIRE]);
	machine->qmp_fd = steal_fd(&ours[CHANNEL_QMP]);
	machine->console_fd = steal_fd(&ours[CHANNEL_CONSOLE]);
	machine->complaint_fd = steal_fd(&ours[CHANNEL_COMPLAINT]);
	for (int i = 0; i < MACHINE_STREAMS; i++)
		machine->stream_fds[i] = steal_fd(&ours[CHANNEL_INPUT + i]);
	channels_close(ours, theirs, count);
	return 0;
}

static void note_end(struct machine *machine, pid_t pid, int status)
{
	if (pid != machine->pid && pid != machine->storage_pid)
		return;
	if (machine->wait_status == 0)
		machine->wait_status = status;
	if (pid == machine->pid)
		machine->pid = 0;
	else
		machine->storage_pid = 0;
	native_note_end(machine, status);
	machine->exited = machine->pid == 0 && machine->storage_pid == 0;
}

/* 0: no child is left. */
static int reap(struct machine *machine)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(machine->adopts || machine->storage_pid > 0 ? -1 : machine->pid,
			      &status, WNOHANG)) > 0) {
		note_end(machine, pid, status);
		if (!machine->adopts)
			return machine->exited ? 0 : 1;
	}
	return pid < 0 ? 0 : 1;
}

void machine_reap(struct machine *machine)
{
	if (machine->pid > 0 || machine->storage_pid > 0)
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

	/* Its session first: --qemu may be a script that runs the real one. */
	for (int i = 0; i < 2; i++) {
		pid_t pid = i == 0 ? machine->pid : machine->storage_pid;

		if (pid > 0) {
			(void)kill(-pid, SIGKILL);
			(void)kill(pid, SIGKILL);
		}
	}
	for (;;) {
		gone = (machine->pid == 0 && machine->storage_pid == 0 && !machine->adopts) ||
		       reap(machine) == 0;
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
	close_fdp(&machine->disk_fd);
	private_socket_close(&machine->storage);
	return gone ? 0 : -1;
}
