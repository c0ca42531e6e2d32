/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qmp.h"

#include "base/cleanup.h"
#include "base/pass_fd.h"
#include "base/text.h"

#include <string.h>

#define LINE_MAX_BYTES (64 * 1024)
#define WRITE_MS       5000

int qmp_open(struct qmp *qmp, int fd, struct fault *fault)
{
	qmp->fd = fd;
	if (line_reader_open(&qmp->reader, fd, LINE_MAX_BYTES) < 0)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	return 0;
}

void qmp_close(struct qmp *qmp)
{
	line_reader_close(&qmp->reader);
}

int qmp_send(struct qmp *qmp, const char *command, json_t *arguments, int fd, struct fault *fault)
{
	json_t *message = json_pack("{s:s, s:o*}", "execute", command, "arguments", arguments);
	cleanup_free char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	cleanup_free char *line = NULL;

	json_decref(message);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	if (!line)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	/* A descriptor comes with white space before the command. At once: when it is told to quit,
	 * it is gone before the end of the line. */
	if ((fd >= 0 && pass_fd_send(qmp->fd, "\n", 1, fd) < 0) ||
	    write_all(qmp->fd, line, strlen(line), WRITE_MS) < 0)
		return fault_set_errno(fault, REASON_GUEST_DIED, errno, "cannot talk to QEMU");
	return 0;
}

static bool classify(const json_t *message, enum qmp_kind *ret_kind)
{
	static const struct {
		const char *key;
		enum qmp_kind kind;
	} keys[] = { { "QMP", QMP_GREETING },
		     { "return", QMP_RETURN },
		     { "error", QMP_ERROR },
		     { "event", QMP_EVENT } };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (json_object_get(message, keys[i].key)) {
			*ret_kind = keys[i].kind;
			return true;
		}
	}
	return false;
}

int qmp_next(struct qmp *qmp, enum qmp_kind *ret_kind, json_t **ret_message, struct fault *fault)
{
	char *line;
	size_t size_bytes;
	json_t *message;
	int result = line_reader_next(&qmp->reader, &line, &size_bytes);

	if (result == 0)
		return 0;
	message = result < 0 ? NULL : json_loadb(line, size_bytes, 0, NULL);
	if (!message || !classify(message, ret_kind)) {
		json_decref(message);
		return fault_set(fault, REASON_INTERNAL, "QEMU sent a line that is not QMP");
	}
	*ret_message = message;
	return 1;
}

void qmp_version(const json_t *greeting, char *out, size_t out_bytes)
{
	int major, minor, micro;

	if (json_unpack((json_t *)greeting, "{s:{s:{s:{s:i, s:i, s:i}}}}", "QMP", "version", "qemu",
			"major", &major, "minor", &minor, "micro", &micro) == 0)
		snprintf(out, out_bytes, "%d.%d.%d", major, minor, micro);
	else
		snprintf(out, out_bytes, "unknown");
}

void qmp_error_text(const json_t *message, char *out, size_t out_bytes)
{
	const json_t *error = json_object_get(message, "error");
	const char *text = json_string_value(json_object_get(error, "desc"));

	if (!text)
		text = "QEMU does not tell why";
	text_make_safe(out, out_bytes, text, strlen(text));
}

static bool is_disk_error(const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));

	return name && strcmp(name, "BLOCK_IO_ERROR") == 0;
}

/* A text of the event's data, or an empty one. */
static const char *data_text(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(json_object_get(event, "data"), key));

	return text ? text : "";
}

/* QEMU runs in the C locale, so the texts of errors can be compared. */
bool qmp_is_file_limit(const json_t *event)
{
	return is_disk_error(event) && strcmp(data_text(event, "reason"), strerror(EFBIG)) == 0;
}

/* QEMU flags only ENOSPC; a quota or a file size limit is the same to the user. */
static bool is_no_space(const json_t *event)
{
	const json_t *data = json_object_get(event, "data");

	return json_is_true(json_object_get(data, "nospace")) || qmp_is_file_limit(event) ||
	       strcmp(data_text(event, "reason"), strerror(EDQUOT)) == 0;
}

bool qmp_is_disk_failure(const json_t *event, struct fault *fault)
{
	const char *reason = data_text(event, "reason");
	bool reading = strcmp(data_text(event, "operation"), "read") == 0;
	char safe[128];

	if (!is_disk_error(event))
		return false;
	reason = reason[0] ? reason : "unknown";
	text_make_safe(safe, sizeof(safe), reason, strlen(reason));
	if (is_no_space(event)) {
		fault_set(fault, REASON_NO_SPACE, "the host's disk is full: %s", safe);
		fault_hint(fault, "free some space on the disk of the image, then try again");
	} else {
		fault_set(fault, REASON_DISK_IO, "the disk cannot be %s: %s",
			  reading ? "read" : "written", safe);
		fault_hint(fault, "look for errors of the host's storage (dmesg)");
	}
	return true;
}
