/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "result.h"

#include "json_disk.h"
#include "json_facts.h"

static json_t *ms(int64_t value)
{
	return value == RESULT_UNKNOWN_MS ? json_null() : json_integer(value);
}

static json_t *limits(const struct result *result)
{
	json_t *list = json_array(), *event;
	size_t i;

	for (i = 0; result->room && i < result->room->count; i++)
		json_array_append_new(
			list,
			json_pack("{s:s, s:I}", "reason",
				  reason_word(result->room->limits[i].reason), "largest_disk_bytes",
				  (json_int_t)result->room->limits[i].largest_disk_bytes));
	json_array_foreach ((json_t *)result->events, i, event)
		if (event_has(event, "event", "limit"))
			json_array_append_new(
				list, json_pack("{s:o, s:o}", "reason",
						value_member(event, "reason"), "largest_disk_bytes",
						value_member(event, "largest_disk_bytes")));
	return list;
}

/* The limit that comes first. */
static json_t *largest(const json_t *list)
{
	const json_t *least = NULL;
	json_t *limit;
	size_t i;

	json_array_foreach ((json_t *)list, i, limit)
		if (!least ||
		    json_integer_value(json_object_get(limit, "largest_disk_bytes")) <
			    json_integer_value(json_object_get(least, "largest_disk_bytes")))
			least = limit;
	return value_copy(least);
}

static json_t *fence(const struct result *result)
{
	if (!result->fence.made)
		return json_null();
	return json_pack(
		"{s:I, s:I, s:o, s:o}", "compared_bytes", (json_int_t)result->fence.compared_bytes,
		"differing_bytes", (json_int_t)result->fence.differing_bytes,
		"boot_code_sha256_before",
		result->marks_before ? value_text_unless_empty(result->marks_before->boot_code)
				     : json_null(),
		"boot_code_sha256_after",
		result->marks_after ? value_text_unless_empty(result->marks_after->boot_code)
				    : json_null());
}

static const char *const moments[RESULT_CHECKS] = { "before", "after" };

/* The events of the machine that made a check; NULL: there was none. */
static const json_t *events_of_check(const struct result *result, int number)
{
	const json_t *lists[] = { result->events, result->check_events[number] };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (event_last(lists[i], "check", moments[number], "end"))
			return lists[i];
	return NULL;
}

static json_t *time_of_check(const struct result *result, int number)
{
	const json_t *events = events_of_check(result, number);

	return event_between(event_last(events, "check", moments[number], "begin"),
			     event_last(events, "check", moments[number], "end"));
}

/* With the check after, as long as it was the machine's own. */
static json_t *time_of_verify(const struct result *result)
{
	const json_t *begin = event_last(result->events, "check", "after", "begin");

	return begin ? event_between(begin, event_last(result->events, "verify", NULL, NULL))
		     : time_of_check(result, 1);
}

/* What kind of machine made the check before; null: there was none. */
static json_t *checked_by(const struct result *result)
{
	return value_member(event_last(events_of_check(result, 0), "machine", NULL, NULL), "accel");
}

static json_t *timings(const struct result *result, const json_t *plan, const json_t *machine)
{
	const json_t *events = result->events;
	const json_t *end = event_last(events, "done", NULL, NULL);

	if (!end)
		end = event_last(events, "fault", NULL, NULL);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "start",
			 value_member(machine, "host_ms"), "probe", event_between(machine, plan),
			 "check", time_of_check(result, 0), "resize",
			 event_between(event_last(events, "resize", NULL, "begin"),
				       event_last(events, "resize", NULL, "end")),
			 "verify", time_of_verify(result), "vm", value_member(end, "host_ms"),
			 "fence", ms(result->fence_ms), "commit", ms(result->commit_ms), "total",
			 ms(result->total_ms));
}

static json_t *versions(const json_t *hello, const json_t *machine)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "grow_disk", GROW_DISK_VERSION, "qemu",
			 value_member(machine, "qemu"), "agent", value_member(hello, "agent"),
			 "kernel", value_member(hello, "kernel"), "e2fsprogs",
			 value_member(hello, "e2fsprogs"), "util_linux",
			 value_member(hello, "util_linux"));
}

static json_t *pending(const struct result *result)
{
	if (!result->pending)
		return json_null();
	return json_pack("{s:s, s:I, s:I}", "state", result->pending, "size_before_bytes",
			 (json_int_t)result->pending_before_bytes, "size_after_bytes",
			 (json_int_t)result->pending_after_bytes);
}

/* After a commit that did not finish nobody can say whether the image has changed. */
static json_t *changed(const struct result *result)
{
	if (result->fault && result->fault->reason == REASON_COMMIT_UNFINISHED)
		return json_null();
	return json_boolean(result->changed);
}

static void set(json_t *object, const char *name, json_t *value)
{
	(void)json_object_set_new(object, name, value ? value : json_null());
}

static void set_run(json_t *object, const struct result *result)
{
	const struct image *image = result->image;

	set(object, "schema", json_integer(1));
	set(object, "image", result->image_known ? value_text(image->path) : json_null());
	set(object, "format",
	    result->format_known ? value_text(image_format_word(image->format)) : json_null());
	set(object, "action", json_string(result->action));
	set(object, "changed", changed(result));
	set(object, "recovered", json_boolean(result->recovered));
	set(object, "discarded", json_boolean(result->discarded));
	set(object, "pending", pending(result));
}

static void set_fault(json_t *object, const struct fault *fault)
{
	set(object, "reason", fault ? json_string(reason_word(fault->reason)) : json_null());
	set(object, "status", json_integer(fault ? (json_int_t)reason_status(fault->reason) : 0));
	set(object, "message", fault ? value_text_unless_empty(fault->message) : json_null());
	set(object, "hint", fault ? value_text_unless_empty(fault->hint) : json_null());
}

json_t *result_object(const struct result *result)
{
	const json_t *events = result->events;
	const json_t *plan = event_last(events, "plan", NULL, NULL);
	const json_t *machine = event_last(events, "machine", NULL, NULL);
	json_t *object = json_object(), *bounds;

	if (!object)
		return NULL;
	set_run(object, result);
	set_fault(object, result->fault);
	set(object, "size_before_bytes",
	    value_number_if(result->size_before_known, result->size_before_bytes));
	set(object, "size_after_bytes",
	    value_number_if(result->size_after_known, result->size_after_bytes));
	set(object, "table", result_table(events, event_last_target(events)));
	set(object, "partition", result_partition(plan, event_last_target(events)));
	set(object, "moved", result_moved(plan));
	set(object, "layers", result_layers(events));
	set(object, "filesystem", result_filesystem(result, plan));
	bounds = limits(result);
	set(object, "limits", bounds);
	set(object, "largest", largest(bounds));
	set(object, "fence", fence(result));
	set(object, "boot", value_copy(result->boot));
	set(object, "timings_ms", timings(result, plan, machine));
	set(object, "accelerator", value_member(machine, "accel"));
	set(object, "checked_by", checked_by(result));
	set(object, "start", value_member(machine, "start"));
	set(object, "versions", versions(event_last(events, "hello", NULL, NULL), machine));
	return object;
}
