/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include "arguments.h"
#include "base/cleanup.h"
#include "host/vm/qemu/channels.h"
#include "host/vm/qemu/process.h"
#include "host/vm/qemu/process_limits.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static pid_t start(const struct boot_plan *plan, const int fds[BOOT_CHANNELS], char *const argv[])
{
	struct process_plan process = { .path = plan->qemu,
					.argv = argv,
					.confine = plan->confine,
					.complaint_fd = fds[BOOT_COMPLAINT],
					.fds = { fds[BOOT_CONSOLE], fds[BOOT_SCREEN],
						 fds[BOOT_QMP] },
					.fd_count = 3 };
	struct disk_fd of_disk[DISK_FDS_MAX];
	int count = disk_fds(plan->disk, of_disk);

	for (int i = 0; i < count; i++)
		process.fds[process.fd_count++] = of_disk[i].fd;
	if (plan->variables_fd >= 0)
		process.fds[process.fd_count++] = plan->variables_fd;
	if (plan->serves_seed)
		process.fds[process.fd_count++] = fds[BOOT_SEED];
	if (plan->seed_fd >= 0)
		process.fds[process.fd_count++] = plan->seed_fd;
	if (plan->picture_fd >= 0)
		process.fds[process.fd_count++] = plan->picture_fd;
	if (plan->screen_fd >= 0)
		process.fds[process.fd_count++] = plan->screen_fd;
	return process_start(&process);
}

int boot_machine_start(const struct boot_plan *plan, struct boot_machine *ret_machine,
		       struct fault *fault)
{
	struct boot_arguments arguments;
	int theirs[BOOT_CHANNELS], result = -1;

	*ret_machine = BOOT_MACHINE_NONE;
	if (channels_open(ret_machine->fds, theirs, BOOT_CHANNELS) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a socket pair");
	if (boot_arguments_write(&arguments, plan, theirs) < 0) {
		fault_set(fault, REASON_NO_MEMORY, "QEMU's arguments cannot be written");
	} else {
		ret_machine->pid = start(plan, theirs, (char *const *)arguments.argv);
		result = ret_machine->pid < 0 ? -1 : 0;
		if (result < 0)
			process_limit_fault("cannot start a process", strerror(errno), fault);
	}
	boot_arguments_free(&arguments);
	for (int i = 0; i < BOOT_CHANNELS; i++)
		close_fdp(&theirs[i]);
	if (result < 0)
		ret_machine->pid = 0;
	return result;
}

static void note_end(struct boot_machine *machine, int status)
{
	machine->exited = true;
	machine->wait_status = status;
	machine->pid = 0;
}

void boot_machine_reap(struct boot_machine *machine)
{
	int status;

	if (machine->pid > 0 && waitpid(machine->pid, &status, WNOHANG) == machine->pid)
		note_end(machine, status);
}

void boot_machine_stop(struct boot_machine *machine)
{
	int status = 0;

	if (machine->pid > 0) {
		/* Its session first: it may be a script that runs the real QEMU. */
		(void)kill(-machine->pid, SIGKILL);
		(void)kill(machine->pid, SIGKILL);
		while (waitpid(machine->pid, &status, 0) < 0 && errno == EINTR)
			;
		note_end(machine, status);
	}
	for (int i = 0; i < BOOT_CHANNELS; i++)
		close_fdp(&machine->fds[i]);
}
