/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor.h"

#include "base/text.h"

static int heed_event(const struct session *session, const json_t *event, struct fault *fault)
{
	char size[TEXT_SIZE_CHARS];

	if (!qmp_is_disk_failure(event, fault))
		return 0;
	if (session->disk_max_bytes == 0 || !qmp_is_file_limit(event))
		return -1;
	fault_set(fault, REASON_NO_SPACE,
		  "the log of the changes reached the limit it was given, %s",
		  text_of_size(size, session->disk_max_bytes));
	return fault_hint(fault, "give it a higher limit, if so many changes are to be expected");
}

static int take_message(struct session *session, enum qmp_kind kind, json_t *message,
			struct fault *fault)
{
	switch (kind) {
	case QMP_GREETING:
		session->greeted = true;
		qmp_version(message, session->qemu_version, sizeof(session->qemu_version));
		return 0;
	case QMP_EVENT:
		return heed_event(session, message, fault);
	case QMP_RETURN:
	case QMP_ERROR:
		break;
	}
	if (!session->awaits_answer)
		return fault_set(fault, REASON_INTERNAL, "QEMU answered what was not asked");
	session->awaits_answer = false;
	session->answer = json_incref(message);
	return 0;
}

int monitor_read(struct session *session, struct fault *fault)
{
	enum qmp_kind kind;
	json_t *message;
	int found;

	session_fill(&session->qmp.reader);
	while ((found = qmp_next(&session->qmp, &kind, &message, fault)) > 0) {
		int result = take_message(session, kind, message, fault);

		json_decref(message);
		if (result < 0)
			return -1;
	}
	return found;
}

int monitor_execute(struct session *session, const char *command, json_t *arguments, int fd,
		    struct fault *fault)
{
	char text[300];

	json_decref(session->answer);
	session->answer = NULL;
	session->awaits_answer = true;
	if (qmp_send(&session->qmp, command, arguments, fd, fault) < 0)
		return -1;
	while (!session->answer)
		if (session_pump(session, fault) < 0)
			return -1;
	if (!json_object_get(session->answer, "error"))
		return 0;
	qmp_error_text(session->answer, text, sizeof(text));
	fault_set(fault, REASON_INTERNAL, "QEMU refuses %s: %s", command, text);
	return 1;
}
