/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for devices: the disk that the host attaches, and its partitions. */
#ifndef DEVICES_WAIT_DEVICE_H
#define DEVICES_WAIT_DEVICE_H

#include "agent/disk.h"
#include "base/fault.h"
#include "uevent.h"

#define WAIT_DEVICE_NAME_BYTES 32 /* of a disk's name in the kernel: "sda" */

struct wait_device {
	int uevent_fd;
	/* Told of every event; and about twice a second while waiting. */
	void (*on_uevent)(void *context, const struct uevent *event);
	void (*on_tick)(void *context);
	void *context;
};

/* Wait for the first disk to be added that is none of ours, and open it (read-only where it
 * is write-protected). When the kernel had to drop events, the disk is looked for in /sys. The
 * caller closes ret_disk->fd. Fault: disk-io. */
int wait_device_disk(const struct wait_device *waiting, int timeout_ms, struct disk *ret_disk,
		     struct fault *fault);

/* The same, or a disk that is there already. */
int wait_device_present(const struct wait_device *waiting, int timeout_ms, struct disk *ret_disk,
			struct fault *fault);

/* Wait for the tools disk; its name in the kernel. Fault: disk-io. */
int wait_device_tools(const struct wait_device *waiting, char ret_name[WAIT_DEVICE_NAME_BYTES],
		      struct fault *fault);

/* Wait for the disk with the key. */
int wait_device_key(const struct wait_device *waiting, char ret_name[WAIT_DEVICE_NAME_BYTES],
		    struct fault *fault);

/* Open a disk by its name in the kernel. Fault: disk-io. */
int wait_device_open(const char *name, struct disk *ret_disk, struct fault *fault);

/* Wait until the device node exists and can be opened. Fault: disk-io. */
int wait_device_node(const struct wait_device *waiting, const char *path, int timeout_ms,
		     struct fault *fault);

/* Fill a disk from an image file, for runs outside a machine. The caller closes
 * ret_disk->fd. Faults: usage (a path that e2fsprogs cannot take), disk-io. */
int wait_device_file(const char *path, bool read_only, struct disk *ret_disk, struct fault *fault);

/* The name of a disk that is there already: 1, or 0 when there is none. Those
 * that are made up (loop, ram, zram) and disks of ours do not count. block_dir is /sys/block,
 * where each disk is a link to its device. Exposed for its tests. */
int wait_device_scan(const char *block_dir, char ret_name[WAIT_DEVICE_NAME_BYTES]);

#endif
