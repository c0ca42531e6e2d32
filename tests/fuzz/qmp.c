/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QMP reader of the host: lines, then vm/qemu/qmp.c, used as a session does. */
#include "fuzz.h"

#include "host/vm/qemu/qmp.h"

#include <string.h>

/* A text that was written is ended, and safe to show. */
static void judge_text(const char *text, size_t room_bytes)
{
	size_t length = strnlen(text, room_bytes);

	MUST(length > 0 && length < room_bytes);
	MUST(fuzz_text_is_safe(text, length));
}

static void judge_event(const json_t *message)
{
	struct fault fault = { 0 };

	if (!qmp_is_disk_failure(message, &fault)) {
		MUST(fault.reason == REASON_NONE);
		return;
	}
	MUST(fault.reason == REASON_NO_SPACE || fault.reason == REASON_DISK_IO);
	judge_text(fault.message, sizeof(fault.message));
	judge_text(fault.hint, sizeof(fault.hint));
}

static void judge(enum qmp_kind kind, const json_t *message)
{
	char version[32], error[300];

	MUST(json_is_object(message));
	switch (kind) {
	case QMP_GREETING:
		qmp_version(message, version, sizeof(version));
		judge_text(version, sizeof(version));
		MUST(strcmp(version, "unknown") == 0 || !version[strspn(version, "0123456789.-")]);
		break;
	case QMP_EVENT:
		judge_event(message);
		break;
	case QMP_RETURN:
	case QMP_ERROR:
		qmp_error_text(message, error, sizeof(error));
		MUST(error[0] == '\0' || fuzz_text_is_safe(error, strlen(error)));
		MUST(json_object_get(message, kind == QMP_ERROR ? "error" : "return"));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static struct qmp qmp; /* its buffer serves all inputs */
	struct fault fault = { 0 };
	enum qmp_kind kind;
	json_t *message;
	int found = 0;

	if (size_bytes < FUZZ_CHUNKS)
		return 0;
	if (!qmp.reader.buffer)
		MUST(qmp_open(&qmp, FUZZ_FD, &fault) == 0);
	qmp.reader = (struct line_reader){ .fd = FUZZ_FD,
					   .max_bytes = qmp.reader.max_bytes,
					   .buffer = qmp.reader.buffer };
	fuzz_channel(0, data + FUZZ_CHUNKS, size_bytes - FUZZ_CHUNKS, data);
	while (found >= 0 && line_reader_fill(&qmp.reader) > 0) {
		while ((found = qmp_next(&qmp, &kind, &message, &fault)) > 0) {
			judge(kind, message);
			fuzz_accepted++;
			json_decref(message);
		}
	}
	MUST(found == 0 || fault.reason == REASON_INTERNAL);
	return 0;
}
