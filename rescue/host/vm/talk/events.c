/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

int events_write(const struct events *events, const json_t *event, struct fault *fault)
{
	if (json_dumpf(event, events->file, JSON_COMPACT) == 0 &&
	    fputc('\n', events->file) != EOF && fflush(events->file) != EOF)
		return 0;
	return fault_set_errno(fault, errno == ENOSPC ? REASON_NO_SPACE : REASON_INTERRUPTED, errno,
			       "cannot write the events");
}

int events_send(const struct events *events, json_t *event, struct fault *fault)
{
	json_int_t host_ms = clock_ms() - events->started_ms;

	if (!event || json_object_set_new(event, "host_ms", json_integer(host_ms)) < 0)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	return events_write(events, event, fault);
}

int events_send_machine(const struct events *events, enum accel accel, const char *qemu_version,
			unsigned memory_mib, bool confined, bool warm, struct fault *fault)
{
	json_t *event =
		json_pack("{s:s, s:s, s:s, s:i, s:b, s:s}", "event", "machine", "accel",
			  accel_word(accel), "qemu", qemu_version, "memory_mib", (int)memory_mib,
			  "confined", confined, "start", warm ? "warm" : "cold");
	int result = events_send(events, event, fault);

	json_decref(event);
	return result;
}

int events_send_fault(const struct events *events, const struct fault *told, struct fault *fault)
{
	char message[sizeof(told->message) * 3], hint[sizeof(told->hint) * 3];
	json_t *event;
	int result;

	text_make_safe(message, sizeof(message), told->message, strlen(told->message));
	text_make_safe(hint, sizeof(hint), told->hint, strlen(told->hint));
	event = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "event", "fault", "reason",
			  reason_word(told->reason), "status", (int)reason_status(told->reason),
			  "message", message, "hint", hint, "stage", "host");
	result = events_send(events, event, fault);
	json_decref(event);
	return result;
}
