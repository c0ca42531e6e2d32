/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control.h"

#include "request.h"

#include <jansson.h>
#include <string.h>

static const char *const words[] = { "window", "input-end", "received" };

static int refuse(struct fault *fault, const char *why)
{
	return fault_set(fault, REASON_GUEST_PROTOCOL, "the host's line is not valid: %s", why);
}

static int parse_object(json_t *object, struct control *ret_control, struct fault *fault)
{
	struct control control = { 0 };
	json_int_t rows = 0, columns = 0, bytes = 0;
	json_error_t error;
	const char *word;
	size_t kind = 0;

	if (json_unpack_ex(object, &error, JSON_STRICT, "{s:s, s?I, s?I, s?I}", "control", &word,
			   "rows", &rows, "columns", &columns, "bytes", &bytes) < 0)
		return refuse(fault, error.text);
	while (kind < sizeof(words) / sizeof(words[0]) && strcmp(words[kind], word) != 0)
		kind++;
	if (kind == sizeof(words) / sizeof(words[0]))
		return refuse(fault, "the control is unknown");
	if (rows < 0 || rows > REQUEST_WINDOW_MAX || columns < 0 || columns > REQUEST_WINDOW_MAX ||
	    bytes < 0)
		return refuse(fault, "a number is out of range");
	control.kind = (enum control_kind)kind;
	control.rows = (unsigned)rows;
	control.columns = (unsigned)columns;
	control.bytes = (uint64_t)bytes;
	*ret_control = control;
	return 0;
}

int control_parse(const char *line, struct control *ret_control, struct fault *fault)
{
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	int result;

	if (!object)
		return refuse(fault, error.text);
	result = parse_object(object, ret_control, fault);
	json_decref(object);
	return result;
}

char *control_format(const struct control *control)
{
	json_t *object =
		json_pack("{s:s, s:I, s:I, s:I}", "control", words[control->kind], "rows",
			  (json_int_t)control->rows, "columns", (json_int_t)control->columns,
			  "bytes", (json_int_t)control->bytes);
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return line;
}
