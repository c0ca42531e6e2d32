/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's device events, from a netlink socket.
 * Source: lib/kobject_uevent.c of the kernel; netlink(7). */
#ifndef DEVICES_UEVENT_H
#define DEVICES_UEVENT_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UEVENT_MAX_BYTES 8192

struct uevent {
	char action[16];    /* "add", "remove", "change" */
	char devpath[256];  /* below /sys */
	char subsystem[32]; /* "block" */
	char devtype[32];   /* "disk", "partition"; may be empty */
	char devname[64];   /* below /dev; may be empty */
	uint64_t seqnum;
};

/* A socket that receives the kernel's events from now on; -1 on failure. */
int uevent_open(struct fault *fault);

/* The next event, if one is waiting. 1 an event, 0 none (or one that did not
 * come from the kernel), -1 with the fault. When the kernel had to drop
 * events, ret_overrun is set: look at /sys again. */
int uevent_receive(int fd, struct uevent *ret_event, bool *ret_overrun, struct fault *fault);

/* Parse one message: "action@devpath" and KEY=VALUE strings, each ended by NUL.
 * False when it is not one. Exposed for tests and fuzzing. */
bool uevent_parse(const char *message, size_t size_bytes, struct uevent *ret_event);

#endif
