/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be chosen of the virtual hardware, and how a disk is attached. */
#ifndef VM_QEMU_HARDWARE_H
#define VM_QEMU_HARDWARE_H

#include "board.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum attach { ATTACH_SCSI, ATTACH_IDE, ATTACH_VIRTIO, ATTACH_USB, ATTACH_NVME };

#define HARDWARE_CPUS_MAX 8 /* of the guest's kernel: CONFIG_NR_CPUS */

struct hardware {
	enum guest_arch arch; /* the guest is built for it; 0 is x86-64 */
	enum attach attach;
	bool disk_at_power_on; /* else it comes later, over QMP */
	unsigned cpus;
	const char *append; /* for the kernel's command line, or NULL */
	const char *rtc;    /* the clock at power on, "2038-01-19T03:14:00", or NULL */
	const char *share;  /* a folder of the host, absolute, or NULL */
	bool share_writable;
	bool streams; /* ports for the three streams of a command */
	bool trace;   /* the agent records from its first instruction on */
};

extern const char *const attach_words[];

/* Can that disk come while the machine runs? */
bool hardware_can_hot_plug(enum attach attach);

/* The controller that it needs, in words of QEMU's -device, or NULL. */
const char *hardware_controller(enum attach attach);

/* The device of a disk whose node is "disk", for device_add and -device alike. sector_bytes: of
 * its logical sectors; 0: 512. NULL: out of memory. */
json_t *hardware_device(enum attach attach, uint32_t sector_bytes);

/* The device of a disk of ours with that node (disk_read_node): SCSI, which every machine has. */
json_t *hardware_read_device(const char *node, const char *serial);

#endif
