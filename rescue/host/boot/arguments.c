/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arguments.h"

#include "seed_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0x2f8, little endian: where SeaBIOS sends what is on the screen. On the first port it would
 * break into the lines of the system, for it is late. */
#define SECOND_SERIAL_PORT "\xf8\x02"

/* Where cloud-init looks for what it is to do. Its name "nocloud-net" is deprecated; "nocloud"
 * alone is of a disk for versions before 24.1, unless the mode says that it needs the network. */
#define SEED_SMBIOS "type=1,serial=ds=nocloud;s=" SEED_SERVER_URL ";dsmode=net"

#define SEED_FORWARD ",guestfwd=tcp:" SEED_SERVER_ADDRESS ":" SEED_SERVER_PORT "-chardev:seed"

static void write_machine(struct boot_arguments *arguments, const struct boot_plan *plan)
{
	const bool uefi = plan->firmware == FIRMWARE_UEFI;

	snprintf(arguments->machine, sizeof(arguments->machine), "pc,vmport=off,accel=%s%s",
		 accel_word(plan->accel), uefi ? ",pflash0=code,pflash1=variables" : "");
}

static void write_network(struct boot_arguments *arguments, const struct boot_plan *plan)
{
	const struct boot_ports *ports = &plan->hardware->ports;
	size_t used = (size_t)snprintf(arguments->network, sizeof(arguments->network),
				       "user,id=network,restrict=on%s",
				       plan->serves_seed ? SEED_FORWARD : "");

	for (size_t i = 0; i < ports->count && used < sizeof(arguments->network); i++)
		used += (size_t)snprintf(
			arguments->network + used, sizeof(arguments->network) - used,
			",hostfwd=tcp:127.0.0.1:%u-:%u", ports->list[i].host, ports->list[i].guest);
}

static void write_texts(struct boot_arguments *arguments, const struct boot_plan *plan,
			const int fds[BOOT_CHANNELS])
{
	const struct boot_hardware *hardware = plan->hardware;

	write_machine(arguments, plan);
	write_network(arguments, plan);
	snprintf(arguments->memory, sizeof(arguments->memory), "%u", hardware->memory_mib);
	snprintf(arguments->cpus, sizeof(arguments->cpus), "%u", hardware->cpus);
	snprintf(arguments->rtc, sizeof(arguments->rtc), "base=%s,clock=vm",
		 hardware->rtc ? hardware->rtc : "");
	snprintf(arguments->qmp, sizeof(arguments->qmp), "socket,id=qmp,fd=%d", fds[BOOT_QMP]);
	snprintf(arguments->console, sizeof(arguments->console), "socket,id=console,fd=%d",
		 fds[BOOT_CONSOLE]);
	snprintf(arguments->screen, sizeof(arguments->screen), "socket,id=screen,fd=%d",
		 fds[BOOT_SCREEN]);
	snprintf(arguments->seed, sizeof(arguments->seed), "socket,id=seed,fd=%d", fds[BOOT_SEED]);
	argument_fdsets(arguments->fdsets, plan->disk);
	if (plan->variables_fd >= 0)
		argument_fdset(arguments->fdsets[DISK_FDS_MAX], plan->variables_fd,
			       FDSET_VARIABLES);
	if (plan->seed_fd >= 0)
		argument_fdset(arguments->fdsets[DISK_FDS_MAX + 1], plan->seed_fd, FDSET_SEED);
	if (plan->picture_fd >= 0)
		argument_fdset(arguments->fdsets[DISK_FDS_MAX + 2], plan->picture_fd,
			       FDSET_PICTURE);
	if (plan->screen_fd >= 0)
		argument_fdset(arguments->fdsets[DISK_FDS_MAX + 3], plan->screen_fd, FDSET_SCREEN);
}

/* On an error the machine stops and says so; the disk is the first to boot from, unless a
 * kernel is. */
static json_t *disk_device(const struct boot_plan *plan)
{
	json_t *device = hardware_device(plan->hardware->attach, plan->sector_bytes);

	if (device && !plan->hardware->kernel)
		json_object_set_new(device, "bootindex", json_integer(0));
	return device;
}

static json_t *variables_node(void)
{
	char file[32];

	snprintf(file, sizeof(file), "/dev/fdset/%d", FDSET_VARIABLES);
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "node-name", "variables", "driver", "raw",
			 "file", "driver", "file", "filename", file, "locking", "off");
}

/* A kernel for clouds may know no other disks than virtio's: only where the user has an IDE
 * disk, the seed is a CD. */
static json_t *seed_device(const struct boot_plan *plan)
{
	if (plan->hardware->attach == ATTACH_IDE)
		return json_pack("{s:s, s:s, s:s}", "driver", "ide-cd", "bus", "ide.1", "drive",
				 "seed");
	return json_pack("{s:s, s:s}", "driver", "virtio-blk-pci", "drive", "seed");
}

static int write_objects(struct boot_arguments *arguments, const struct boot_plan *plan)
{
	arguments->node = argument_of_json(disk_node(plan->disk));
	arguments->device = argument_of_json(disk_device(plan));
	if (!arguments->node || !arguments->device)
		return -1;
	if (plan->firmware == FIRMWARE_UEFI) {
		arguments->code = argument_of_json(json_pack(
			"{s:s, s:s, s:b, s:{s:s, s:s}}", "node-name", "code", "driver", "raw",
			"read-only", 1, "file", "driver", "file", "filename", plan->ovmf_code));
		arguments->variables = argument_of_json(variables_node());
		if (!arguments->code || !arguments->variables)
			return -1;
	}
	if (plan->hardware->share) {
		arguments->share =
			argument_share(plan->hardware->share, plan->hardware->share_writable);
		if (!arguments->share)
			return -1;
	}
	if (plan->seed_fd >= 0) {
		arguments->seed_node = argument_of_json(disk_read_node("seed", FDSET_SEED));
		arguments->seed_device = argument_of_json(seed_device(plan));
		if (!arguments->seed_node || !arguments->seed_device)
			return -1;
	}
	return 0;
}

void boot_arguments_free(struct boot_arguments *arguments)
{
	free(arguments->node);
	free(arguments->device);
	free(arguments->code);
	free(arguments->variables);
	free(arguments->seed_node);
	free(arguments->seed_device);
	free(arguments->share);
}

static void write_table(struct boot_arguments *arguments, const struct boot_plan *plan)
{
	const struct boot_hardware *hardware = plan->hardware;
	const char *controller = hardware_controller(hardware->attach);
	const bool network = hardware->ports.count > 0 || plan->serves_seed;
	const bool bios = plan->firmware == FIRMWARE_BIOS;
	const struct argument table[] = {
		{ "-nodefaults", NULL },
		{ "-no-user-config", NULL },
		ARGUMENT_IF(plan->once, "-no-reboot", NULL),
		ARGUMENT_IF(plan->picture_fd >= 0, "-no-shutdown",
			    NULL), /* the screen is to stay */
		{ "-display", "none" },
		{ "-machine", arguments->machine },
		{ "-cpu", plan->accel == ACCEL_TCG ? "max" : "host" },
		{ "-smp", arguments->cpus },
		{ "-m", arguments->memory },
		ARGUMENT_IF(hardware->rtc, "-rtc", arguments->rtc),
		ARGUMENT_IF(hardware->kernel, "-kernel", hardware->kernel),
		ARGUMENT_IF(hardware->initrd, "-initrd", hardware->initrd),
		ARGUMENT_IF(hardware->append, "-append", hardware->append),
		{ "-chardev", arguments->qmp },
		{ "-mon", "chardev=qmp,mode=control" },
		{ "-chardev", arguments->console },
		{ "-serial", "chardev:console" },
		{ "-chardev", arguments->screen },
		ARGUMENT_IF(bios, "-serial", "chardev:screen"),
		ARGUMENT_IF(bios, "-fw_cfg", "name=etc/sercon-port,string=" SECOND_SERIAL_PORT),
		{ "-device", "VGA" },
		{ "-device", "virtio-rng-pci" },
		ARGUMENT_IF(hardware->attach == ATTACH_SCSI, "-device", "virtio-scsi-pci,id=scsi"),
		ARGUMENT_IF(controller, "-device", controller),
		ARGUMENT_IF(arguments->fdsets[0][0], "-add-fd", arguments->fdsets[0]),
		ARGUMENT_IF(arguments->fdsets[1][0], "-add-fd", arguments->fdsets[1]),
		ARGUMENT_IF(arguments->fdsets[2][0], "-add-fd", arguments->fdsets[2]),
		ARGUMENT_IF(arguments->fdsets[3][0], "-add-fd", arguments->fdsets[3]),
		ARGUMENT_IF(arguments->fdsets[4][0], "-add-fd", arguments->fdsets[4]),
		ARGUMENT_IF(arguments->fdsets[5][0], "-add-fd", arguments->fdsets[5]),
		ARGUMENT_IF(arguments->fdsets[6][0], "-add-fd", arguments->fdsets[6]),
		ARGUMENT_IF(arguments->code, "-blockdev", arguments->code),
		ARGUMENT_IF(arguments->variables, "-blockdev", arguments->variables),
		{ "-blockdev", arguments->node },
		{ "-device", arguments->device },
		ARGUMENT_IF(arguments->seed_node, "-blockdev", arguments->seed_node),
		ARGUMENT_IF(arguments->seed_device, "-device", arguments->seed_device),
		ARGUMENT_IF(plan->serves_seed, "-chardev", arguments->seed),
		ARGUMENT_IF(plan->serves_seed, "-smbios", SEED_SMBIOS),
		ARGUMENT_IF(network, "-netdev", arguments->network),
		ARGUMENT_IF(network, "-device", "virtio-net-pci,netdev=network,romfile="),
		ARGUMENT_IF(arguments->share, "-fsdev", arguments->share),
		ARGUMENT_IF(arguments->share, "-device", ARGUMENT_SHARE_DEVICE),
		ARGUMENT_IF(plan->sandbox, "-sandbox", ARGUMENT_SANDBOX),
	};

	_Static_assert(2 * sizeof(table) / sizeof(table[0]) + 2 <= BOOT_ARGUMENTS_MAX,
		       "argv has room for the table");
	argument_table_write(table, sizeof(table) / sizeof(table[0]), plan->qemu, arguments->argv);
}

int boot_arguments_write(struct boot_arguments *arguments, const struct boot_plan *plan,
			 const int fds[BOOT_CHANNELS])
{
	*arguments = (struct boot_arguments){ 0 };
	write_texts(arguments, plan, fds);
	if (write_objects(arguments, plan) < 0)
		return -1;
	write_table(arguments, plan);
	return 0;
}
