#include "report.h"

#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

int report_open(struct report *report, const char *path, int64_t started_ms, struct fault *fault)
{
	report->started_ms = started_ms;
	report->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (!report->file)
		return fault_set_errno(fault, REASON_USAGE, errno, "cannot write the events to %s",
				       path);
	return 0;
}

int report_event(struct report *report, json_t *event, struct fault *fault)
{
	json_int_t host_ms = clock_ms() - report->started_ms;

	if (!event || json_object_set_new(event, "host_ms", json_integer(host_ms)) < 0)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	if (json_dumpf(event, report->file, JSON_COMPACT) < 0 || fputc('\n', report->file) == EOF ||
	    fflush(report->file) == EOF)
		return fault_set_errno(fault,
				       errno == ENOSPC ? REASON_NO_SPACE : REASON_INTERRUPTED,
				       errno, "cannot write the events");
	return 0;
}

int report_machine(struct report *report, enum accel accel, const char *qemu_version,
		   unsigned memory_mib, bool confined, bool warm, struct fault *fault)
{
	json_t *event =
		json_pack("{s:s, s:s, s:s, s:i, s:b, s:s}", "event", "machine", "accel",
			  accel_word(accel), "qemu", qemu_version, "memory_mib", (int)memory_mib,
			  "confined", confined, "start", warm ? "warm" : "cold");
	int result = report_event(report, event, fault);

	json_decref(event);
	return result;
}

int report_fault(struct report *report, const struct fault *reported, struct fault *fault)
{
	char message[sizeof(reported->message) * 3], hint[sizeof(reported->hint) * 3];
	json_t *event;
	int result;

	text_make_safe(message, sizeof(message), reported->message, strlen(reported->message));
	text_make_safe(hint, sizeof(hint), reported->hint, strlen(reported->hint));
	event = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "event", "fault", "reason",
			  reason_word(reported->reason), "status",
			  (int)reason_status(reported->reason), "message", message, "hint", hint,
			  "stage", "host");
	result = report_event(report, event, fault);
	json_decref(event);
	return result;
}
