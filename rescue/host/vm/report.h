/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The --events file: one JSON object a line, each with host_ms. */
#ifndef VM_REPORT_H
#define VM_REPORT_H

#include "accel.h"
#include "base/fault.h"

#include <jansson.h>
#include <stdio.h>

struct report {
	FILE *file;
	int64_t started_ms; /* on clock_ms(); host_ms counts from here */
	json_t *plan;	    /* the last event of that name; owned; NULL: none */
	json_t *last;	    /* the last event; likewise */
};

/* "-" is standard output. The file is replaced if it exists. */
int report_open(struct report *report, const char *path, int64_t started_ms, struct fault *fault);

/* Add host_ms to an accepted event and write it at once, whole or not at all
 * visible to a reader of lines. The object stays the caller's. */
int report_event(struct report *report, json_t *event, struct fault *fault);

/* The host's own events. */
int report_machine(struct report *report, enum accel accel, const char *qemu_version,
		   unsigned memory_mib, bool confined, bool warm, struct fault *fault);
int report_fault(struct report *report, const struct fault *reported, struct fault *fault);

/* For a shell, which would need a program to take JSON apart: a value a line,
 * without control characters, empty if it is not there. Of the last event its name,
 * changed, reason, message and hint (the last two with a capital); of the plan
 * changed, partition, start_lba, sectors_after and check_left. */
int report_summary(const struct report *report, const char *path, struct fault *fault);

void report_close(struct report *report);

#endif
