/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "result.h"

#include "base/text.h"
#include "member.h"

#include <string.h>

static json_t *copy_of(const json_t *value)
{
	return value ? json_copy((json_t *)value) : json_null();
}

static json_t *get(const json_t *object, const char *name)
{
	return copy_of(json_object_get(object, name));
}

/* A file's name may be no UTF-8, which JSON cannot carry. */
static json_t *text(const char *value)
{
	char safe[3 * PATH_MAX];
	json_t *string = json_string(value);

	if (string)
		return string;
	text_make_safe(safe, sizeof(safe), value, strlen(value));
	return json_string(safe);
}

static json_t *text_unless_empty(const char *value)
{
	return value[0] ? text(value) : json_null();
}

static json_t *number_if(bool known, uint64_t value)
{
	return known ? json_integer((json_int_t)value) : json_null();
}

static json_t *ms(int64_t value)
{
	return value == RESULT_UNKNOWN_MS ? json_null() : json_integer(value);
}

static bool has(const json_t *event, const char *name, const char *value)
{
	return !value || strcmp(member_text(event, name), value) == 0;
}

/* The last event of that name; state and moment NULL: any. */
static const json_t *last(const json_t *events, const char *name, const char *moment,
			  const char *state)
{
	for (size_t i = json_array_size(events); i > 0; i--) {
		const json_t *event = json_array_get(events, i - 1);

		if (has(event, "event", name) && has(event, "moment", moment) &&
		    has(event, "state", state))
			return event;
	}
	return NULL;
}

static const json_t *last_target(const json_t *events)
{
	const json_t *found = NULL;
	size_t i;
	json_t *event;

	json_array_foreach ((json_t *)events, i, event)
		if (has(event, "event", "table") &&
		    json_is_true(json_object_get(event, "target")) &&
		    (!found || has(event, "moment", "after") || !has(found, "moment", "after")))
			found = event;
	return found;
}

static int64_t time_of(const json_t *event)
{
	const json_t *value = json_object_get(event, "host_ms");

	return json_is_integer(value) ? json_integer_value(value) : RESULT_UNKNOWN_MS;
}

static json_t *between(const json_t *from, const json_t *to)
{
	if (time_of(from) == RESULT_UNKNOWN_MS || time_of(to) == RESULT_UNKNOWN_MS)
		return json_null();
	return json_integer(time_of(to) - time_of(from));
}

/* Over all checks of a moment, by both machines: a repair is proven by one more check. */
static json_t *repairs(const struct result *result, const char *moment)
{
	const json_t *lists[] = { result->events, result->check_events };
	json_int_t sum = 0;
	bool known = false;

	for (int list = 0; list < 2; list++) {
		size_t i;
		json_t *event;

		json_array_foreach ((json_t *)lists[list], i, event) {
			const json_t *count = json_object_get(event, "repairs");

			if (!has(event, "event", "check") || !has(event, "moment", moment) ||
			    !json_is_integer(count))
				continue;
			sum += json_integer_value(count);
			known = true;
		}
	}
	return number_if(known, (uint64_t)sum);
}

static json_t *repair_list(const json_t *events)
{
	json_t *list = json_array(), *event;
	size_t i;

	json_array_foreach ((json_t *)events, i, event)
		if (has(event, "event", "repair"))
			json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "moment",
							      get(event, "moment"), "problem",
							      get(event, "problem"), "inode",
							      get(event, "inode")));
	return list;
}

/* e2fsck may have repaired without its list: then it is not complete. */
static json_t *repairs_complete(const json_t *events)
{
	json_t *event;
	size_t i;

	json_array_foreach ((json_t *)events, i, event)
		if (has(event, "event", "check") &&
		    json_is_false(json_object_get(event, "repairs_complete")))
			return json_false();
	return json_true();
}

static json_t *table_repairs(const json_t *events)
{
	json_t *list = json_array(), *event;
	size_t i;

	json_array_foreach ((json_t *)events, i, event)
		if (has(event, "event", "table-repair"))
			json_array_append_new(list, get(event, "problem"));
	return list;
}

static json_t *table(const json_t *events, const json_t *target)
{
	if (!target)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "type", get(target, "label"), "id",
			 get(target, "disk_id"), "repairs", table_repairs(events));
}

static json_t *partition(const json_t *plan, const json_t *target)
{
	const bool is_gpt = target && has(target, "label", "gpt");

	/* A disk without a table has none: number 0. */
	if (!plan || json_integer_value(json_object_get(plan, "partition")) == 0)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "number",
			 get(plan, "partition"), "start_lba", get(plan, "start_lba"),
			 "sectors_before", get(plan, "sectors_before"), "sectors_after",
			 get(plan, "sectors_after"), "sector_bytes", get(plan, "sector_bytes"),
			 "type", get(target, is_gpt ? "type_guid" : "type"), "bootable",
			 get(target, "bootable"), "disk_id", get(target, "disk_id"), "uuid",
			 get(target, "uuid"), "name", get(target, "name"), "chosen_by",
			 get(plan, "chosen_by"));
}

/* The swap partition that made room. */
static json_t *moved(const json_t *plan)
{
	if (!json_object_get(plan, "swap_partition"))
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "partition", get(plan, "swap_partition"), "from_lba",
			 get(plan, "swap_from_lba"), "to_lba", get(plan, "swap_to_lba"));
}

static json_t *filesystem(const struct result *result, const json_t *plan)
{
	const json_t *verify = last(result->events, "verify", NULL, NULL);
	const json_t *blocks = json_object_get(verify, "blocks");

	if (!plan)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type",
			 text_unless_empty(member_text(plan, "fs_type")), "label",
			 get(plan, "fs_label"), "uuid", get(plan, "fs_uuid"), "state",
			 get(plan, "fs_state"), "block_bytes", get(plan, "block_bytes"),
			 "blocks_before", get(plan, "blocks_before"), "blocks_after",
			 blocks ? copy_of(blocks) : get(plan, "blocks_after"), "repairs_before",
			 repairs(result, "before"), "repairs_after", repairs(result, "after"),
			 "repairs", repair_list(result->events), "repairs_complete",
			 repairs_complete(result->events));
}

/* What lies between the partition and the file system, the outermost first. */
static json_t *layers(const json_t *events)
{
	static const char *const fields[] = {
		"kind",	  "uuid",	  "size_before_bytes", "size_after_bytes", "vg",
		"lv",	  "extent_bytes", "extents_before",    "extents_after",	   "version",
		"cipher", "sector_bytes"
	};
	json_t *list = json_array(), *event;
	size_t i;

	json_array_foreach ((json_t *)events, i, event) {
		json_t *layer = has(event, "event", "layer") ? json_object() : NULL;

		for (size_t n = 0; layer && n < sizeof(fields) / sizeof(fields[0]); n++)
			if (json_object_get(event, fields[n]))
				json_object_set_new(layer, fields[n], get(event, fields[n]));
		if (layer)
			json_array_append_new(list, layer);
	}
	return list;
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
		if (has(event, "event", "limit"))
			json_array_append_new(list,
					      json_pack("{s:o, s:o}", "reason",
							get(event, "reason"), "largest_disk_bytes",
							get(event, "largest_disk_bytes")));
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
	return copy_of(least);
}

static json_t *fence(const struct result *result)
{
	if (!result->fence.made)
		return json_null();
	return json_pack("{s:I, s:I, s:o, s:o}", "compared_bytes",
			 (json_int_t)result->fence.compared_bytes, "differing_bytes",
			 (json_int_t)result->fence.differing_bytes, "boot_code_sha256_before",
			 result->marks_before ? text_unless_empty(result->marks_before->boot_code)
					      : json_null(),
			 "boot_code_sha256_after",
			 result->marks_after ? text_unless_empty(result->marks_after->boot_code)
					     : json_null());
}

/* The check before may be the second machine's. */
static json_t *time_of_check(const struct result *result)
{
	const json_t *events = result->events;

	if (!last(events, "check", "before", "end"))
		events = result->check_events;
	return between(last(events, "check", "before", "begin"),
		       last(events, "check", "before", "end"));
}

static json_t *timings(const struct result *result, const json_t *plan, const json_t *machine)
{
	const json_t *events = result->events;
	const json_t *end = last(events, "done", NULL, NULL);

	if (!end)
		end = last(events, "fault", NULL, NULL);
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "start", get(machine, "host_ms"),
		"probe", between(machine, plan), "check", time_of_check(result), "resize",
		between(last(events, "resize", NULL, "begin"), last(events, "resize", NULL, "end")),
		"verify",
		between(last(events, "check", "after", "begin"),
			last(events, "verify", NULL, NULL)),
		"vm", get(end, "host_ms"), "fence", ms(result->fence_ms), "commit",
		ms(result->commit_ms), "total", ms(result->total_ms));
}

static json_t *versions(const json_t *hello, const json_t *machine)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "grow_disk", GROW_DISK_VERSION, "qemu",
			 get(machine, "qemu"), "agent", get(hello, "agent"), "kernel",
			 get(hello, "kernel"), "e2fsprogs", get(hello, "e2fsprogs"), "util_linux",
			 get(hello, "util_linux"));
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
	set(object, "image", result->image_known ? text(image->path) : json_null());
	set(object, "format",
	    result->format_known ? text(image_format_word(image->format)) : json_null());
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
	set(object, "message", fault ? text_unless_empty(fault->message) : json_null());
	set(object, "hint", fault ? text_unless_empty(fault->hint) : json_null());
}

json_t *result_object(const struct result *result)
{
	const json_t *events = result->events;
	const json_t *plan = last(events, "plan", NULL, NULL);
	const json_t *machine = last(events, "machine", NULL, NULL);
	json_t *object = json_object(), *bounds;

	if (!object)
		return NULL;
	set_run(object, result);
	set_fault(object, result->fault);
	set(object, "size_before_bytes",
	    number_if(result->size_before_known, result->size_before_bytes));
	set(object, "size_after_bytes",
	    number_if(result->size_after_known, result->size_after_bytes));
	set(object, "table", table(events, last_target(events)));
	set(object, "partition", partition(plan, last_target(events)));
	set(object, "moved", moved(plan));
	set(object, "layers", layers(events));
	set(object, "filesystem", filesystem(result, plan));
	bounds = limits(result);
	set(object, "limits", bounds);
	set(object, "largest", largest(bounds));
	set(object, "fence", fence(result));
	set(object, "boot", copy_of(result->boot));
	set(object, "timings_ms", timings(result, plan, machine));
	set(object, "accelerator", get(machine, "accel"));
	set(object, "start", get(machine, "start"));
	set(object, "versions", versions(last(events, "hello", NULL, NULL), machine));
	return object;
}
