/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events on their way out: one JSON object a line, each with host_ms, the milliseconds
 * since the start. */
#ifndef VM_TALK_EVENTS_H
#define VM_TALK_EVENTS_H

#include "base/fault.h"
#include "host/vm/qemu/accel.h"

#include <jansson.h>
#include <stdio.h>

struct events {
	FILE *file;	    /* borrowed */
	int64_t started_ms; /* on clock_ms() */
};

/* Write a line at once. Fault: no-space; interrupted: nobody reads. */
int events_write(const struct events *events, const json_t *event, struct fault *fault);

/* The same, with host_ms added. The object stays the caller's. */
int events_send(const struct events *events, json_t *event, struct fault *fault);

/* The host's own events. */
int events_send_machine(const struct events *events, enum accel accel, const char *qemu_version,
			unsigned memory_mib, bool confined, bool warm, struct fault *fault);
int events_send_fault(const struct events *events, const struct fault *told, struct fault *fault);

#endif
