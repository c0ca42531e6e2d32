/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rescue.h"

#include "agent/boot/unmount_all.h"
#include "agent/devices/wait_device.h"
#include "agent/events.h"
#include "base/cleanup.h"
#include "command.h"
#include "shell.h"

#include <errno.h>
#include <unistd.h>

#define DISK_TIMEOUT_MS 60000

static void on_uevent(void *context, const struct uevent *event)
{
	events_uevent(context, event);
}

static void on_tick(void *context)
{
	agent_report_alive(context);
}

static struct wait_device waiting_of(const struct job_setup *setup, struct agent_report *report)
{
	return (struct wait_device){ .uevent_fd = setup->uevent_fd,
				     .on_uevent = on_uevent,
				     .on_tick = on_tick,
				     .context = report };
}

/* Its partitions have their nodes by then: the kernel tells of a disk when it has
 * read the table. */
static int find_disk(const struct job_setup *setup, struct agent_report *report,
		     struct disk *ret_disk, struct fault *fault)
{
	struct wait_device waiting = waiting_of(setup, report);

	agent_report_stage(report, "disk");
	if (wait_device_disk(&waiting, DISK_TIMEOUT_MS, ret_disk, fault) < 0)
		return -1;
	events_disk(report, ret_disk);
	close_fdp(&ret_disk->fd); /* open, it would forbid a new table */
	return 0;
}

/* More programs for the user. Without them there is a shell all the same. */
static int bring_tools(const struct job_setup *setup, struct agent_report *report,
		       struct fault *fault)
{
	struct wait_device waiting = waiting_of(setup, report);
	char device[WAIT_DEVICE_NAME_BYTES];
	struct fault ignored;

	events_tools(report, "");
	if (wait_device_tools(&waiting, device, fault) < 0)
		return -1;
	(void)tools_mount(device, setup->build_id, &ignored);
	return 0;
}

static int run(const struct job_setup *setup, const struct request *request,
	       struct agent_report *report, struct fault *fault)
{
	const struct shell_request *shell = &request->shell;
	struct command_result result = { 0 };

	if (shell->command[0] == '\0') {
		if (shell_run(setup->wire_in, request, report, &result.exit_status, fault) < 0)
			return -1;
		events_exit(report, result.exit_status, false, 0, 0);
		return 0;
	}
	if (shell_install_applets(fault) < 0 ||
	    command_run(setup->wire_in, shell, report, &result, fault) < 0)
		return -1;
	events_exit(report, result.exit_status, true, result.output_bytes, result.error_bytes);
	return command_release(setup->wire_in, report, fault);
}

/* The shell may have removed the disk; then there is nothing to flush. */
static int flush(const struct disk *disk, struct fault *fault)
{
	struct disk again = { .fd = -1 };
	int result;

	if (access(disk->path, F_OK) < 0)
		return 0;
	if (wait_device_open(disk->name, &again, fault) < 0)
		return -1;
	result = fsync(again.fd);
	close_fdp(&again.fd);
	return result == 0 ? 0
			   : fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be flushed",
					     disk->name);
}

int rescue_run(const struct job_setup *setup, const struct request *request,
	       struct agent_report *report, struct fault *fault)
{
	struct disk disk = { .fd = -1 };

	if (setup->image)
		return fault_set(fault, REASON_USAGE, "a shell needs a machine");
	if (find_disk(setup, report, &disk, fault) < 0 ||
	    (request->shell.tools && bring_tools(setup, report, fault) < 0) ||
	    run(setup, request, report, fault) < 0)
		return -1;
	agent_report_stage(report, "flush");
	return unmount_all(fault) < 0 ? -1 : flush(&disk, fault);
}
