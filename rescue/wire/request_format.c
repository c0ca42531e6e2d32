/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

#include "limits.h"

#include <jansson.h>
#include <stdio.h>

static json_t *format_trace(const struct trace_request *trace)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "attach_at",
			 moment_words[trace->attach_at], "seq", moment_words[trace->seq], "log",
			 moment_words[trace->log], "break", moment_words[trace->break_at], "method",
			 table_method_words[trace->method], "hold_up", trace->hold_up, "hold_up_ms",
			 (int)trace->hold_up_ms);
}

/* What is set only where it is wanted. */
static void set_wishes(json_t *object, const struct request *request)
{
	if (request->partition_by != PARTITION_BY_NUMBER)
		json_object_set_new(object, "partition_by",
				    json_string(partition_by_words[request->partition_by]));
	if (request->partition_value[0])
		json_object_set_new(object, "partition_value",
				    json_string(request->partition_value));
	if (request->partition_only)
		json_object_set_new(object, "partition_only", json_true());
	if (request->move_swap)
		json_object_set_new(object, "move_swap", json_true());
	if (request->leave_bytes != 0)
		json_object_set_new(object, "leave_bytes",
				    json_integer((json_int_t)request->leave_bytes));
	if (request->disk_before_bytes != 0)
		json_object_set_new(object, "disk_before_bytes",
				    json_integer((json_int_t)request->disk_before_bytes));
	if (request->key_bytes > 0)
		json_object_set_new(object, "key_bytes", json_integer(request->key_bytes));
	if (request->volume[0] != '\0')
		json_object_set_new(object, "volume", json_string(request->volume));
}

char *request_format(const struct request *request)
{
	char seed[2 * REQUEST_SEED_BYTES + 1];
	json_t *object, *own = NULL;
	char *line = NULL;

	for (size_t i = 0; i < REQUEST_SEED_BYTES; i++)
		snprintf(seed + 2 * i, 3, "%02x", request->seed[i]);
	object = json_pack(
		"{s:s, s:i, s:I, s:s, s:s, s:I, s:I, s:I, s:s*, s:b}", "request",
		request_kind_words[request->kind], "protocol", WIRE_PROTOCOL, "partition",
		(json_int_t)request->partition, "repair", repair_words[request->repair], "share",
		share_words[request->share], "rows", (json_int_t)request->rows, "columns",
		(json_int_t)request->columns, "time_unix_s", (json_int_t)request->time_unix_s,
		"seed", request->has_seed ? seed : NULL, "record", (int)request->record);
	if (request->kind == REQUEST_TRACE)
		own = format_trace(&request->trace);
	else if (request->kind == REQUEST_SHELL)
		own = json_pack("{s:s, s:b, s:b}", "command", request->shell.command, "input",
				(int)request->shell.input, "tools", (int)request->shell.tools);
	else if (request->kind == REQUEST_GROW && request->leave_checks != LEAVE_NO)
		own = json_pack("{s:s}", "leave_checks", leave_checks_words[request->leave_checks]);
	else if (request->kind == REQUEST_CHECK && request->is_grown)
		own = json_pack("{s:b}", "is_grown", 1);
	else
		own = json_object();
	if (object)
		set_wishes(object, request);
	if (object && own && json_object_update(object, own) == 0)
		line = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	json_decref(own);
	return line;
}
