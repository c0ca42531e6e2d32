#include "arguments.h"

#include "wire/limits.h"

#include <stdio.h>

/* The machine has no IDE disk, so the controller need not be woken: 0.2 s. */
#define KERNEL_ALWAYS "console=ttyS0 quiet panic=-1 initcall_blacklist=piix_init"
/* One emulated processor: no use in calibrating its APIC timer (0.1 s), nor in
 * patching the locks of several processors out of the kernel (0.06 s). */
#define KERNEL_TCG KERNEL_ALWAYS " noapictimer noreplace-smp"

static void write_texts(struct arguments *arguments, const struct machine_plan *plan, int wire_fd,
			int qmp_fd, int console_fd)
{
	snprintf(arguments->machine, sizeof(arguments->machine), "pc,usb=off,vmport=off,accel=%s",
		 accel_word(plan->accel));
	snprintf(arguments->memory, sizeof(arguments->memory), "%u", plan->memory_mib);
	snprintf(arguments->wire, sizeof(arguments->wire), "socket,id=wire,fd=%d", wire_fd);
	snprintf(arguments->qmp, sizeof(arguments->qmp), "socket,id=qmp,fd=%d", qmp_fd);
	snprintf(arguments->console, sizeof(arguments->console), "socket,id=console,fd=%d",
		 console_fd);
	snprintf(arguments->saved, sizeof(arguments->saved), "fd:%d", plan->saved_fd);
}

/* The machine. No network, no disk (it comes over QMP after hello), and no path
 * of a socket: everything is inherited. */
void arguments_write(struct arguments *arguments, const struct machine_plan *plan, int wire_fd,
		     int qmp_fd, int console_fd)
{
	const struct {
		const char *option, *value;
	} table[] = {
		{ "-nodefaults", NULL },
		{ "-no-user-config", NULL },
		{ "-no-reboot", NULL },
		{ "-display", "none" },
		{ "-machine", arguments->machine },
		{ "-cpu", plan->accel == ACCEL_TCG ? "max" : "host" },
		{ "-m", arguments->memory },
		{ "-kernel", plan->kernel },
		{ "-initrd", plan->initramfs },
		{ "-append", plan->accel == ACCEL_TCG ? KERNEL_TCG : KERNEL_ALWAYS },
		{ "-chardev", arguments->qmp },
		{ "-mon", "chardev=qmp,mode=control" },
		{ "-chardev", arguments->console },
		{ "-serial", "chardev:console" },
		{ "-chardev", arguments->wire },
		{ "-device", "virtio-serial-pci" },
		{ "-device", "virtserialport,chardev=wire,name=" WIRE_PORT_NAME },
		{ "-device", "virtio-scsi-pci,id=scsi" },
		{ "-device", "virtio-rng-pci" },
		{ plan->sandbox ? "-sandbox" : NULL,
		  "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny" },
		{ plan->saved_fd >= 0 ? "-incoming" : NULL, arguments->saved },
	};
	size_t count = 0;

	write_texts(arguments, plan, wire_fd, qmp_fd, console_fd);
	arguments->argv[count++] = plan->qemu;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!table[i].option)
			continue;
		arguments->argv[count++] = table[i].option;
		if (table[i].value)
			arguments->argv[count++] = table[i].value;
	}
	arguments->argv[count] = NULL;
}
