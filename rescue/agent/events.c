/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include "agent/filesystem/ext_facts.h"
#include "agent/partition/table.h"
#include "base/text.h"
#include "wire/limits.h"

#include <string.h>
#include <sys/utsname.h>

void events_hello(struct agent_report *report, const char *build_id)
{
	struct utsname kernel;

	uname(&kernel);
	agent_report_event(report, EVENT_HELLO,
			   json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "protocol", WIRE_PROTOCOL,
				     "build_id", build_id, "agent", GROW_DISK_VERSION, "kernel",
				     kernel.release, "e2fsprogs", ext_facts_library_version(),
				     "util_linux", partition_table_library_version()));
}

void events_uevent(struct agent_report *report, const struct uevent *event)
{
	agent_report_event(report, EVENT_UEVENT,
			   json_pack("{s:s, s:s, s:s, s:I}", "action", event->action, "devpath",
				     event->devpath, "subsystem", event->subsystem, "seqnum",
				     (json_int_t)event->seqnum));
}

void events_disk(struct agent_report *report, const struct disk *disk)
{
	agent_report_event(report, EVENT_DISK,
			   json_pack("{s:s, s:I, s:I}", "name", disk->name, "size_bytes",
				     (json_int_t)disk->size_bytes, "sector_bytes",
				     (json_int_t)disk->sector_bytes));
}

/* What an entry has by its kind of table. */
static json_t *entry_fields(const struct partition_table *table, const struct table_entry *entry)
{
	char name[3 * TABLE_NAME_CHARS];

	if (strcmp(table->label, "gpt") != 0)
		return json_pack("{s:I, s:b}", "type", (json_int_t)entry->part.type, "bootable",
				 (int)entry->bootable);
	text_make_safe(name, sizeof(name), entry->name, sizeof(entry->name));
	return json_pack("{s:s, s:s, s:s, s:b}", "type_guid", entry->type_guid, "uuid", entry->uuid,
			 "name", name, "bootable", 0);
}

void events_table(struct agent_report *report, const struct partition_table *table,
		  const char *moment, unsigned target)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];
		json_t *fields = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b}", "moment", moment,
					   "label", table->label, "disk_id", table->disk_id,
					   "partition", (json_int_t)entry->part.number, "start_lba",
					   (json_int_t)entry->part.start_lba, "size_sectors",
					   (json_int_t)entry->part.size_sectors, "target",
					   (int)(entry->part.number == target));

		json_object_update_new(fields, entry_fields(table, entry));
		agent_report_event(report, EVENT_TABLE, fields);
	}
}

void events_table_repairs(struct agent_report *report, const struct partition_table *table)
{
	for (unsigned i = 0; table_repair_words[i]; i++)
		if (table->repairs & 1u << i)
			agent_report_event(report, EVENT_TABLE_REPAIR,
					   json_pack("{s:s}", "problem", table_repair_words[i]));
}

void events_limit(struct agent_report *report, const struct limit *limit)
{
	agent_report_event(report, EVENT_LIMIT,
			   json_pack("{s:s, s:I}", "reason", reason_word(limit->reason),
				     "largest_disk_bytes", (json_int_t)limit->largest_disk_bytes));
}

void events_tools(struct agent_report *report, const char *fs_type)
{
	agent_report_event(report, EVENT_TOOLS, json_pack("{s:s}", "fs_type", fs_type));
}

void events_layer(struct agent_report *report, const struct layer *layer, uint64_t after_bytes)
{
	const struct layer_facts *facts = &layer->facts;
	json_t *fields = json_pack("{s:s, s:s, s:I, s:I}", "kind", facts->kind, "uuid", facts->uuid,
				   "size_before_bytes", (json_int_t)layer->inner.size_bytes,
				   "size_after_bytes", (json_int_t)after_bytes);

	if (facts->extent_bytes > 0)
		json_object_update_new(
			fields,
			json_pack("{s:s, s:s, s:I, s:I, s:I}", "vg", facts->group, "lv",
				  facts->volume, "extent_bytes", (json_int_t)facts->extent_bytes,
				  "extents_before",
				  (json_int_t)(layer->inner.size_bytes / facts->extent_bytes),
				  "extents_after",
				  (json_int_t)(after_bytes / facts->extent_bytes)));
	else
		json_object_update_new(fields, json_pack("{s:I, s:s, s:I}", "version",
							 (json_int_t)facts->version, "cipher",
							 facts->cipher, "sector_bytes",
							 (json_int_t)facts->sector_bytes));
	agent_report_event(report, EVENT_LAYER, fields);
}

void events_key(struct agent_report *report)
{
	agent_report_event(report, EVENT_KEY, json_object());
}

/* What every plan has. */
static json_t *plan_fields(const struct plan *plan, const char *chosen_by, const char *steps,
			   const char *fs_type, bool changed)
{
	json_t *fields = json_pack(
		"{s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s}", "changed", (int)changed,
		"partition", (json_int_t)plan->number, "start_lba", (json_int_t)plan->start_lba,
		"sectors_before", (json_int_t)plan->sectors_before, "sectors_after",
		(json_int_t)plan->sectors_after, "sector_bytes", (json_int_t)plan->sector_bytes,
		"fs_type", fs_type, "steps", steps, "chosen_by", chosen_by);

	if (plan_moves(plan))
		json_object_update_new(
			fields,
			json_pack("{s:I, s:I, s:I}", "swap_partition",
				  (json_int_t)plan->move.number, "swap_from_lba",
				  (json_int_t)plan->move.from_lba, "swap_to_lba",
				  (json_int_t)(plan->move.from_lba + plan->move.shift_sectors)));
	return fields;
}

void events_plan(struct agent_report *report, const struct plan *plan, const char *chosen_by,
		 const char *steps, const struct fs *fs, uint64_t blocks_after, bool changed,
		 bool check_left)
{
	const struct fs_facts *facts = fs->facts;
	json_t *fields = plan_fields(plan, chosen_by, steps, facts->type, changed);

	json_object_update_new(
		fields, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b}", "fs_label", facts->label,
				  "fs_uuid", facts->uuid, "fs_state", facts->state, "block_bytes",
				  (json_int_t)facts->block_bytes, "blocks_before",
				  (json_int_t)facts->blocks, "blocks_after",
				  (json_int_t)blocks_after, "check_left", (int)check_left));
	agent_report_event(report, EVENT_PLAN, fields);
}

void events_plan_partition(struct agent_report *report, const struct plan *plan,
			   const char *chosen_by, const char *steps, const char *content,
			   bool changed)
{
	agent_report_event(report, EVENT_PLAN,
			   plan_fields(plan, chosen_by, steps, content, changed));
}

/* A field without a value (NULL) is left out. */
static void send_step(struct agent_report *report, enum event_kind kind, const char *moment,
		      json_t *fields)
{
	if (moment)
		json_object_set_new(fields, "moment", json_string(moment));
	agent_report_event(report, kind, fields);
}

void events_begin(struct agent_report *report, enum event_kind kind, const char *moment)
{
	send_step(report, kind, moment, json_pack("{s:s}", "state", "begin"));
}

void events_progress(struct agent_report *report, enum event_kind kind, const char *moment,
		     int percent)
{
	send_step(report, kind, moment,
		  json_pack("{s:s, s:i}", "state", "progress", "percent", percent));
}

void events_check_end(struct agent_report *report, const char *moment,
		      const struct check_result *result)
{
	json_t *fields = json_pack("{s:s, s:i, s:I}", "state", "end", "exit_status",
				   result->exit_status, "repairs", (json_int_t)result->repairs);

	if (!result->repairs_complete)
		json_object_set_new(fields, "repairs_complete", json_false());
	send_step(report, EVENT_CHECK, moment, fields);
}

void events_resize_end(struct agent_report *report, int exit_status)
{
	send_step(report, EVENT_RESIZE, NULL,
		  json_pack("{s:s, s:i}", "state", "end", "exit_status", exit_status));
}

void events_repair(struct agent_report *report, const char *moment,
		   const struct fs_problem *problem)
{
	json_t *fields = json_pack("{s:s}", "problem", problem->code);

	if (problem->inode)
		json_object_set_new(fields, "inode", json_integer((json_int_t)problem->inode));
	send_step(report, EVENT_REPAIR, moment, fields);
}

void events_verify(struct agent_report *report, uint64_t blocks, uint64_t unused_bytes)
{
	agent_report_event(report, EVENT_VERIFY,
			   json_pack("{s:I, s:I}", "blocks", (json_int_t)blocks, "unused_bytes",
				     (json_int_t)unused_bytes));
}

void events_verify_partition(struct agent_report *report)
{
	agent_report_event(report, EVENT_VERIFY, json_object());
}

void events_exit(struct agent_report *report, int exit_status, bool is_command,
		 uint64_t output_bytes, uint64_t error_bytes)
{
	json_t *fields = json_pack("{s:i}", "exit_status", exit_status);

	if (is_command)
		json_object_update_new(fields, json_pack("{s:I, s:I}", "output_bytes",
							 (json_int_t)output_bytes, "error_bytes",
							 (json_int_t)error_bytes));
	agent_report_event(report, EVENT_EXIT, fields);
}

void events_done(struct agent_report *report, bool changed)
{
	agent_report_event(report, EVENT_DONE, json_pack("{s:b}", "changed", (int)changed));
}

void events_fault(struct agent_report *report, const struct fault *fault)
{
	char message[sizeof(fault->message)];

	text_make_safe(message, sizeof(message), fault->message, sizeof(fault->message));
	agent_report_event(report, EVENT_FAULT,
			   json_pack("{s:s, s:i, s:s, s:s, s:s}", "reason",
				     reason_word(fault->reason), "status",
				     (int)reason_status(fault->reason), "message", message, "hint",
				     fault->hint, "stage", report->stage));
}
