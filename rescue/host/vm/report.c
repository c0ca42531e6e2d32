/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

int report_open(struct report *report, const char *path, int64_t started_ms, struct fault *fault)
{
	*report = (struct report){ .started_ms = started_ms };
	report->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (!report->file)
		return fault_set_errno(fault, REASON_USAGE, errno, "cannot write the events to %s",
				       path);
	return 0;
}

static void keep(json_t **kept, json_t *event)
{
	json_decref(*kept);
	*kept = json_incref(event);
}

int report_event(struct report *report, json_t *event, struct fault *fault)
{
	json_int_t host_ms = clock_ms() - report->started_ms;
	const char *name = json_string_value(json_object_get(event, "event"));

	if (!event || json_object_set_new(event, "host_ms", json_integer(host_ms)) < 0)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	if (json_dumpf(event, report->file, JSON_COMPACT) < 0 || fputc('\n', report->file) == EOF ||
	    fflush(report->file) == EOF)
		return fault_set_errno(fault,
				       errno == ENOSPC ? REASON_NO_SPACE : REASON_INTERRUPTED,
				       errno, "cannot write the events");
	keep(&report->last, event);
	if (name && strcmp(name, "plan") == 0)
		keep(&report->plan, event);
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

/* A line of the summary. */
static void write_value(FILE *file, const json_t *event, const char *name, bool is_sentence)
{
	const json_t *value = json_object_get(event, name);
	const char *text = json_string_value(value);
	char safe[1024];

	if (json_is_integer(value))
		fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_boolean(value))
		fputs(json_is_true(value) ? "true" : "false", file);
	if (text) {
		text_make_safe(safe, sizeof(safe), text, strlen(text));
		if (is_sentence && safe[0] >= 'a' && safe[0] <= 'z')
			safe[0] = (char)(safe[0] - 'a' + 'A');
		fputs(safe, file);
	}
	fputc('\n', file);
}

int report_summary(const struct report *report, const char *path, struct fault *fault)
{
	static const struct {
		const char *name;
		bool of_plan, is_sentence;
	} values[] = {
		{ "event", false, false },	  { "changed", false, false },
		{ "reason", false, false },	  { "message", false, true },
		{ "hint", false, true },	  { "changed", true, false },
		{ "partition", true, false },	  { "start_lba", true, false },
		{ "sectors_after", true, false }, { "check_left", true, false },
	};
	cleanup_file FILE *file = path ? fopen(path, "we") : NULL;

	if (!path)
		return 0;
	for (size_t i = 0; file && i < sizeof(values) / sizeof(values[0]); i++)
		write_value(file, values[i].of_plan ? report->plan : report->last, values[i].name,
			    values[i].is_sentence);
	if (!file || fflush(file) == EOF)
		return fault_set_errno(fault, REASON_NO_SPACE, errno, "cannot write %s", path);
	return 0;
}

void report_close(struct report *report)
{
	json_decref(report->plan);
	json_decref(report->last);
	report->plan = report->last = NULL;
}
