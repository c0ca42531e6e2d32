/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor.h"

#include "base/text.h"
#include "process_limits.h"

#include <string.h>

int monitor_open(struct monitor *monitor, int fd, struct fault *fault)
{
	return qmp_open(&monitor->qmp, fd, fault);
}

void monitor_close(struct monitor *monitor)
{
	qmp_close(&monitor->qmp);
	json_decref(monitor->answer);
	monitor->answer = NULL;
}

static int take_qmp_event(struct monitor *monitor, const json_t *event, struct fault *fault)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	uint64_t inherited_bytes = process_limit_file_size();
	char size[TEXT_SIZE_CHARS];

	if (name && strcmp(name, "SHUTDOWN") == 0)
		monitor->off = true;
	if (!qmp_is_disk_failure(event, fault))
		return 0;
	if (!qmp_is_file_limit(event))
		return -1;
	if (inherited_bytes < PROCESS_UNLIMITED &&
	    (monitor->disk_max_bytes == 0 || inherited_bytes < monitor->disk_max_bytes)) {
		fault_set(fault, REASON_NO_SPACE,
			  "the size of a file is limited to %s for this process (ulimit -f)",
			  text_of_size(size, inherited_bytes));
		return fault_hint(fault, "raise the limit (ulimit -f unlimited), then try again");
	}
	if (monitor->disk_max_bytes == 0)
		return -1;
	fault_set(fault, REASON_NO_SPACE, "the log reached its limit, %s",
		  text_of_size(size, monitor->disk_max_bytes));
	return fault_hint(fault, "raise the limit if you expect so many changes");
}

static int take_message(struct monitor *monitor, enum qmp_kind kind, json_t *message,
			struct fault *fault)
{
	switch (kind) {
	case QMP_GREETING:
		monitor->greeted = true;
		qmp_version(message, monitor->qemu_version, sizeof(monitor->qemu_version));
		return 0;
	case QMP_EVENT:
		return take_qmp_event(monitor, message, fault);
	case QMP_RETURN:
	case QMP_ERROR:
		break;
	}
	if (!monitor->awaits_answer)
		return fault_set(fault, REASON_INTERNAL,
				 "QEMU answered a question that was not asked");
	monitor->awaits_answer = false;
	monitor->answer = json_incref(message);
	return 0;
}

int monitor_read(struct monitor *monitor, struct fault *fault)
{
	enum qmp_kind kind;
	json_t *message;
	int found;

	/* A channel that fails has ended: the end of the machine will tell why. */
	if (line_reader_fill(&monitor->qmp.reader) < 0)
		monitor->qmp.reader.end_of_file = true;
	while ((found = qmp_next(&monitor->qmp, &kind, &message, fault)) > 0) {
		int result = take_message(monitor, kind, message, fault);

		json_decref(message);
		if (result < 0)
			return -1;
	}
	return found;
}

int monitor_send(struct monitor *monitor, const char *command, json_t *arguments, int fd,
		 struct fault *fault)
{
	json_decref(monitor->answer);
	monitor->answer = NULL;
	monitor->awaits_answer = true;
	return qmp_send(&monitor->qmp, command, arguments, fd, fault);
}

int monitor_judge(const struct monitor *monitor, const char *command, struct fault *fault)
{
	char text[300];

	if (!json_object_get(monitor->answer, "error"))
		return 0;
	qmp_error_text(monitor->answer, text, sizeof(text));
	fault_set(fault, REASON_INTERNAL, "QEMU refuses %s: %s", command, text);
	return 1;
}
