/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's monitor: one command at a time, its answer, and the events that tell of the
 * disk. Waiting is the session's business. */
#ifndef VM_QEMU_MONITOR_H
#define VM_QEMU_MONITOR_H

#include "qmp.h"

#include <stdint.h>

/* Zero-initialise. */
struct monitor {
	struct qmp qmp;
	uint64_t disk_max_bytes; /* set by the caller: the limit of the disk's file; 0: none */
	bool greeted;		 /* by QEMU */
	bool off;		 /* the guest has powered off */
	char qemu_version[32];
	bool awaits_answer;
	json_t *answer; /* to the last command; owned; NULL: not yet */
};

int monitor_open(struct monitor *monitor, int fd, struct fault *fault);
void monitor_close(struct monitor *monitor);

/* Read what has come. Fault: the disk failed (no-space, disk-io), or QEMU does not
 * keep to the protocol (internal). */
int monitor_read(struct monitor *monitor, struct fault *fault);

/* Send a command; takes over the reference of arguments, which may be NULL. QEMU gets a
 * copy of fd, if it is not -1. */
int monitor_send(struct monitor *monitor, const char *command, json_t *arguments, int fd,
		 struct fault *fault);

/* Judge the answer to that command: 0, or 1 with the fault: QEMU refuses (internal). */
int monitor_judge(const struct monitor *monitor, const char *command, struct fault *fault);

#endif
