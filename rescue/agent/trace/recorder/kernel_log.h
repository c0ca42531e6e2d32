/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log, from its first line on. Source: Documentation/ABI/testing/dev-kmsg. */
#ifndef RECORDER_KERNEL_LOG_H
#define RECORDER_KERNEL_LOG_H

#include "base/fault.h"
#include "queue.h"

#include <stdint.h>

struct kernel_log {
	int fd;
	uint64_t next_number;
	/* The log has a clock of its own; this makes it CLOCK_MONOTONIC. Measured
	 * with a line of ours. */
	int64_t offset_us;
};

/* Fault: internal. */
int kernel_log_open(struct kernel_log *log, struct fault *fault);

/* Record all lines that are waiting. */
void kernel_log_read(struct kernel_log *log, struct queue *queue);

/* One record of the log: "prefix;text\n" with priority, number and time in the
 * prefix. False when it is none. Exposed for its tests. */
bool kernel_log_parse(char *record, unsigned *ret_level, uint64_t *ret_number, int64_t *ret_us,
		      const char **ret_text);

#endif
