/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arguments.h"

#include "wire/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No dot in the name: the kernel hands it to the agent. */
#define KERNEL_TRACE " trace=1"

static const char *const stream_names[] = { "input", "output", "error" };

static void write_kernel_line(struct arguments *arguments, const struct machine_plan *plan)
{
	const struct hardware *hardware = plan->hardware;
	const struct board *board = board_of(hardware->arch);

	snprintf(arguments->kernel_line, sizeof(arguments->kernel_line),
		 "console=%s quiet panic=-1%s%s%s%s%s", board->console,
		 hardware->attach == ATTACH_IDE ? "" : board->no_ide,
		 plan->accel == ACCEL_TCG && hardware->cpus == 1 ? board->tcg_one : "",
		 hardware->trace ? KERNEL_TRACE : "", hardware->append ? " " : "",
		 hardware->append ? hardware->append : "");
}

static void write_texts(struct arguments *arguments, const struct machine_plan *plan,
			const int fds[CHANNELS])
{
	board_machine(plan->hardware->arch, plan->accel, arguments->machine,
		      sizeof(arguments->machine));
	snprintf(arguments->memory, sizeof(arguments->memory), "%u", plan->memory_mib);
	snprintf(arguments->wire, sizeof(arguments->wire), "socket,id=wire,fd=%d",
		 fds[CHANNEL_WIRE]);
	snprintf(arguments->qmp, sizeof(arguments->qmp), "socket,id=qmp,fd=%d", fds[CHANNEL_QMP]);
	snprintf(arguments->console, sizeof(arguments->console), "socket,id=console,fd=%d",
		 fds[CHANNEL_CONSOLE]);
	for (int i = 0; i < MACHINE_STREAMS; i++)
		snprintf(arguments->streams[i], sizeof(arguments->streams[i]), "socket,id=%s,fd=%d",
			 stream_names[i], fds[CHANNEL_INPUT + i]);
	snprintf(arguments->saved, sizeof(arguments->saved), "fd:%d", plan->saved_fd);
	snprintf(arguments->cpus, sizeof(arguments->cpus), "%u", plan->hardware->cpus);
	snprintf(arguments->rtc, sizeof(arguments->rtc), "base=%s,clock=vm", plan->hardware->rtc);
	write_kernel_line(arguments, plan);
}

/* The disk is told as JSON: a name may have commas. */
static int write_objects(struct arguments *arguments, const struct machine_plan *plan)
{
	const struct hardware *hardware = plan->hardware;

	if (plan->disk) {
		arguments->node = argument_of_json(disk_node(plan->disk));
		arguments->device = argument_of_json(hardware_device(hardware->attach, 0));
		if (!arguments->node || !arguments->device)
			return -1;
	}
	return 0;
}

void arguments_free(struct arguments *arguments)
{
	free(arguments->node);
	free(arguments->device);
	free(arguments->share);
}

/* The machine. No network, no path of a socket: everything is inherited. */
static void write_table(struct arguments *arguments, const struct machine_plan *plan)
{
	const struct hardware *hardware = plan->hardware;
	const char *controller = hardware_controller(hardware->attach);
	const char *chardev = hardware->streams ? "-chardev" : NULL;
	const char *port = hardware->streams ? "-device" : NULL;
	const struct argument table[] = {
		{ "-nodefaults", NULL },
		{ "-no-user-config", NULL },
		{ "-no-reboot", NULL },
		{ "-display", "none" },
		{ "-machine", arguments->machine },
		{ "-cpu", plan->accel == ACCEL_TCG ? "max" : "host" },
		ARGUMENT_IF(hardware->cpus > 1, "-smp", arguments->cpus),
		{ "-m", arguments->memory },
		ARGUMENT_IF(hardware->rtc, "-rtc", arguments->rtc),
		{ "-kernel", plan->kernel },
		{ "-initrd", plan->initramfs },
		{ "-append", arguments->kernel_line },
		{ "-chardev", arguments->qmp },
		{ "-mon", "chardev=qmp,mode=control" },
		{ "-chardev", arguments->console },
		{ "-serial", "chardev:console" },
		{ "-chardev", arguments->wire },
		{ "-device", "virtio-serial-pci" },
		{ "-device", "virtserialport,chardev=wire,name=" WIRE_PORT_NAME },
		{ chardev, arguments->streams[0] },
		{ port, "virtserialport,chardev=input,name=" WIRE_INPUT_NAME },
		{ chardev, arguments->streams[1] },
		{ port, "virtserialport,chardev=output,name=" WIRE_OUTPUT_NAME },
		{ chardev, arguments->streams[2] },
		{ port, "virtserialport,chardev=error,name=" WIRE_ERROR_NAME },
		{ "-device", "virtio-scsi-pci,id=scsi" },
		{ "-device", "virtio-rng-pci" },
		ARGUMENT_IF(controller, "-device", controller),
		ARGUMENT_IF(arguments->fdsets[0][0], "-add-fd", arguments->fdsets[0]),
		ARGUMENT_IF(arguments->fdsets[1][0], "-add-fd", arguments->fdsets[1]),
		ARGUMENT_IF(arguments->fdsets[2][0], "-add-fd", arguments->fdsets[2]),
		ARGUMENT_IF(arguments->node, "-blockdev", arguments->node),
		ARGUMENT_IF(arguments->device, "-device", arguments->device),
		ARGUMENT_IF(arguments->share, "-fsdev", arguments->share),
		ARGUMENT_IF(arguments->share, "-device", ARGUMENT_SHARE_DEVICE),
		ARGUMENT_IF(plan->sandbox, "-sandbox", ARGUMENT_SANDBOX),
		ARGUMENT_IF(plan->saved_fd >= 0, "-incoming", arguments->saved),
	};

	_Static_assert(2 * sizeof(table) / sizeof(table[0]) + 2 <= ARGUMENTS_MAX,
		       "argv has room for the table");
	argument_table_write(table, sizeof(table) / sizeof(table[0]), plan->qemu, arguments->argv);
}

int arguments_write(struct arguments *arguments, const struct machine_plan *plan,
		    const int fds[CHANNELS])
{
	const struct hardware *hardware = plan->hardware;

	*arguments = (struct arguments){ 0 };
	write_texts(arguments, plan, fds);
	argument_fdsets(arguments->fdsets, plan->disk);
	if (hardware->share)
		arguments->share = argument_share(hardware->share, hardware->share_writable);
	if (write_objects(arguments, plan) < 0 || (hardware->share && !arguments->share)) {
		arguments_free(arguments);
		return -1;
	}
	write_table(arguments, plan);
	return 0;
}
