/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keeper looks for what it needs on the host, then starts one machine for each
 * accelerator that may work until one says hello. The guest's verdict or the host's own
 * fault becomes the last event and the exit status. */
#include "keeper.h"

#include "base/cleanup.h"
#include "host/signals.h"
#include "run.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define HIGHEST_FD 1024

/* Leave the locks and files of the parent to the parent. */
static void close_other_fds(const struct vm_spec *spec, int our_fd)
{
	for (int fd = STDERR_FILENO + 1; fd < HIGHEST_FD; fd++)
		if (fd != our_fd && fd != spec->disk.fd && fd != spec->disk.backing.fd &&
		    (spec->request.key_bytes == 0 || fd != spec->key_fd))
			(void)close(fd); /* most are not open */
}

static int open_console(struct run *run, struct fault *fault)
{
	const char *path = run->spec->console_path;

	if (!path)
		return 0;
	run->console_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (run->console_fd < 0)
		return fault_set_errno(fault, REASON_USAGE, errno,
				       "cannot write the console's text to %s", path);
	return 0;
}

/* The command, as the request carries it: a text of JSON, and not too long. */
static int take_command(const char *command, struct shell_request *shell, struct fault *fault)
{
	json_t *text = json_string(command);

	json_decref(text);
	if (!text)
		return fault_set(fault, REASON_USAGE, "the command is not UTF-8");
	if (command[0] == '\0' || strlen(command) >= sizeof(shell->command))
		return fault_set(fault, REASON_USAGE,
				 "the command is empty, or longer than %zu bytes",
				 sizeof(shell->command) - 1);
	strcpy(shell->command, command);
	return 0;
}

/* Fill in what follows from the rest. */
static int complete(struct vm_spec *spec, struct fault *fault)
{
	struct hardware *hardware = &spec->hardware;

	if (spec->command && take_command(spec->command, &spec->request.shell, fault) < 0)
		return -1;
	hardware->streams = spec->command != NULL;
	if (hardware->share)
		spec->request.share = hardware->share_writable ? SHARE_WRITE : SHARE_READ;
	/* A machine that is not like the next one is not worth saving. */
	spec->warm =
		spec->warm && !hardware->disk_at_power_on && !hardware->trace && !hardware->share;
	/* A machine that was saved has a clock of its own: it is told the time. */
	if (spec->warm)
		hardware->rtc = NULL;
	return 0;
}

static struct disk_plan plan_disk(const struct vm_spec *spec)
{
	const struct vm_disk *disk = &spec->disk;

	return (struct disk_plan){ .image = { .format = disk->format, .fd = disk->fd },
				   .read_only = request_only_reads(spec->request.kind),
				   .backing = { .format = disk->backing.format,
						.fd = disk->backing.fd,
						.path = disk->backing.fd < 0 ? disk->backing.path
									     : NULL } };
}

static int run_request(struct run *run, struct vm_spec *spec, pid_t parent, enum status *ret_status,
		       struct fault *fault)
{
	if (signals_open(&run->signals_fd, fault) < 0)
		return -1;
	signals_tie_to_parent(parent, SIGTERM);
#ifdef __linux__
	prctl(PR_SET_NAME, "vm-keeper"); /* in ps, beside the program that it was forked from */
#endif
	if (complete(spec, fault) < 0 ||
	    user_streams_open(&run->user, spec->terminal, spec->hardware.streams, fault) < 0 ||
	    open_console(run, fault) < 0 ||
	    paths_find(spec->qemu, spec->guest_folder, spec->hardware.arch, spec->may_be_native,
		       &run->paths, fault) < 0)
		return -1;
	spec->request.shell.tools = access(run->paths.tools, R_OK) == 0;
	return run_machines(run, ret_status, fault);
}

static enum status run_and_report(struct run *run, struct vm_spec *spec, pid_t parent)
{
	struct fault fault = { 0 }, second = { 0 };
	enum status status = STATUS_INTERNAL;
	int result = run_request(run, spec, parent, &status, &fault);

	user_streams_close(&run->user);
	progress_close(run->progress);
	if (result < 0) {
		status = reason_status(fault.reason);
		/* Without a reader there is nobody to tell. */
		(void)events_send_fault(run->events, &fault, &second);
	}
	close_fdp(&run->console_fd);
	return status;
}

_Noreturn void keeper_run(const struct vm_spec *spec, pid_t parent, int fd)
{
	struct vm_spec own = *spec;
	struct progress progress;
	struct events events = { .started_ms = clock_ms() };
	struct run run = { .spec = &own,
			   .events = &events,
			   .progress = &progress,
			   .user = { .terminal = { .fd = -1 } },
			   .caller = { .fd = fd,
				       .awaits_disk = spec->disk.awaited,
				       .sector_bytes = spec->disk.sector_bytes },
			   .saving = true,
			   .signals_fd = -1,
			   .console_fd = -1 };

	close_other_fds(spec, fd);
	events.file = fdopen(fd, "w");
	if (!events.file)
		_exit(STATUS_INTERNAL);
#ifdef __linux__
	run.sandbox = true;
#endif
	run.disk = plan_disk(spec);
	progress_open(&progress, spec->progress);
	if (!spec->disk.awaited && !spec->request.is_grown)
		progress_start(&progress, spec->accel == ACCEL_NATIVE && spec->may_be_native);
	_exit((int)run_and_report(&run, &own, parent));
}
