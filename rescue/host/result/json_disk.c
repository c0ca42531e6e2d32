/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the object tells of the disk: table, partition, layers, file system. */
#include "json_disk.h"

#include "json_facts.h"
#include "wire/member.h"

/* Over all checks of a moment, by all machines: a repair is proven by one more check. */
static json_t *repairs(const struct result *result, const char *moment)
{
	const json_t *lists[] = { result->events, result->check_events[0],
				  result->check_events[1] };
	json_int_t sum = 0;
	bool known = false;

	for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
		size_t i;
		json_t *event;

		json_array_foreach ((json_t *)lists[list], i, event) {
			const json_t *count = json_object_get(event, "repairs");

			if (!event_has(event, "event", "check") ||
			    !event_has(event, "moment", moment) || !json_is_integer(count))
				continue;
			sum += json_integer_value(count);
			known = true;
		}
	}
	return value_number_if(known, (uint64_t)sum);
}

static json_t *repair_list(const json_t *events)
{
	json_t *list = json_array(), *event;
	size_t i;

	json_array_foreach ((json_t *)events, i, event)
		if (event_has(event, "event", "repair"))
			json_array_append_new(list,
					      json_pack("{s:o, s:o, s:o}", "moment",
							value_member(event, "moment"), "problem",
							value_member(event, "problem"), "inode",
							value_member(event, "inode")));
	return list;
}

/* e2fsck may have repaired without its list: then it is not complete. */
static json_t *repairs_complete(const json_t *events)
{
	json_t *event;
	size_t i;

	json_array_foreach ((json_t *)events, i, event)
		if (event_has(event, "event", "check") &&
		    json_is_false(json_object_get(event, "repairs_complete")))
			return json_false();
	return json_true();
}

static json_t *table_repairs(const json_t *events)
{
	json_t *list = json_array(), *event;
	size_t i;

	json_array_foreach ((json_t *)events, i, event)
		if (event_has(event, "event", "table-repair"))
			json_array_append_new(list, value_member(event, "problem"));
	return list;
}

json_t *result_table(const json_t *events, const json_t *target)
{
	if (!target)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "type", value_member(target, "label"), "id",
			 value_member(target, "disk_id"), "repairs", table_repairs(events));
}

json_t *result_partition(const json_t *plan, const json_t *target)
{
	const bool is_gpt = target && event_has(target, "label", "gpt");

	/* A disk without a table has none: number 0. */
	if (!plan || json_integer_value(json_object_get(plan, "partition")) == 0)
		return json_null();
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "number",
		value_member(plan, "partition"), "start_lba", value_member(plan, "start_lba"),
		"sectors_before", value_member(plan, "sectors_before"), "sectors_after",
		value_member(plan, "sectors_after"), "sector_bytes",
		value_member(plan, "sector_bytes"), "type",
		value_member(target, is_gpt ? "type_guid" : "type"), "bootable",
		value_member(target, "bootable"), "disk_id", value_member(target, "disk_id"),
		"uuid", value_member(target, "uuid"), "name", value_member(target, "name"),
		"chosen_by", value_member(plan, "chosen_by"));
}

/* The swap partition that made room. */
json_t *result_moved(const json_t *plan)
{
	if (!json_object_get(plan, "swap_partition"))
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "partition", value_member(plan, "swap_partition"),
			 "from_lba", value_member(plan, "swap_from_lba"), "to_lba",
			 value_member(plan, "swap_to_lba"));
}

json_t *result_filesystem(const struct result *result, const json_t *plan)
{
	const json_t *verify = event_last(result->events, "verify", NULL, NULL);
	const json_t *blocks = json_object_get(verify, "blocks");

	if (!plan)
		return json_null();
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type",
		value_text_unless_empty(member_text(plan, "fs_type")), "label",
		value_member(plan, "fs_label"), "uuid", value_member(plan, "fs_uuid"), "state",
		value_member(plan, "fs_state"), "block_bytes", value_member(plan, "block_bytes"),
		"blocks_before", value_member(plan, "blocks_before"), "blocks_after",
		blocks ? value_copy(blocks) : value_member(plan, "blocks_after"), "repairs_before",
		repairs(result, "before"), "repairs_after", repairs(result, "after"), "repairs",
		repair_list(result->events), "repairs_complete", repairs_complete(result->events));
}

/* What lies between the partition and the file system, the outermost first. */
json_t *result_layers(const json_t *events)
{
	static const char *const fields[] = {
		"kind",	  "uuid",	  "size_before_bytes", "size_after_bytes", "vg",
		"lv",	  "extent_bytes", "extents_before",    "extents_after",	   "version",
		"cipher", "sector_bytes"
	};
	json_t *list = json_array(), *event;
	size_t i;

	json_array_foreach ((json_t *)events, i, event) {
		json_t *layer = event_has(event, "event", "layer") ? json_object() : NULL;

		for (size_t n = 0; layer && n < sizeof(fields) / sizeof(fields[0]); n++)
			if (json_object_get(event, fields[n]))
				json_object_set_new(layer, fields[n],
						    value_member(event, fields[n]));
		if (layer)
			json_array_append_new(list, layer);
	}
	return list;
}
