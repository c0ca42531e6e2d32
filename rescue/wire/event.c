/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event.h"

#include "base/text.h"
#include "limits.h"

#include <stdlib.h>
#include <string.h>

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_FLAG };

struct event_field {
	const char *name;
	enum field_type type;
	bool optional;
};

#define FIELDS_MAX 24
#define TEXT(name)                                                                                 \
	{                                                                                          \
		name, FIELD_TEXT, false                                                            \
	}
#define NUMBER(name)                                                                               \
	{                                                                                          \
		name, FIELD_NUMBER, false                                                          \
	}
#define FLAG(name)                                                                                 \
	{                                                                                          \
		name, FIELD_FLAG, false                                                            \
	}
#define MAYBE_TEXT(name)                                                                           \
	{                                                                                          \
		name, FIELD_TEXT, true                                                             \
	}
#define MAYBE_NUMBER(name)                                                                         \
	{                                                                                          \
		name, FIELD_NUMBER, true                                                           \
	}
#define MAYBE_FLAG(name)                                                                           \
	{                                                                                          \
		name, FIELD_FLAG, true                                                             \
	}

static const struct {
	const char *word;
	struct event_field fields[FIELDS_MAX];
} events[EVENT_KINDS] = {
	[EVENT_HELLO] = { "hello",
			  { NUMBER("protocol"), TEXT("build_id"), TEXT("agent"), TEXT("kernel"),
			    TEXT("e2fsprogs"), TEXT("util_linux") } },
	[EVENT_DISK] = { "disk", { TEXT("name"), NUMBER("size_bytes"), NUMBER("sector_bytes") } },
	[EVENT_TABLE] = { "table",
			  { TEXT("moment"), TEXT("label"), TEXT("disk_id"), NUMBER("partition"),
			    NUMBER("start_lba"), NUMBER("size_sectors"), MAYBE_NUMBER("type"),
			    MAYBE_TEXT("type_guid"), MAYBE_TEXT("uuid"), MAYBE_TEXT("name"),
			    FLAG("bootable"), FLAG("target") } },
	[EVENT_TABLE_REPAIR] = { "table-repair", { TEXT("problem") } },
	[EVENT_TOOLS] = { "tools", { TEXT("fs_type") } },
	[EVENT_KEY] = { .word = "key" },
	[EVENT_LIMIT] = { "limit", { TEXT("reason"), NUMBER("largest_disk_bytes") } },
	[EVENT_LAYER] = { "layer",
			  { TEXT("kind"), TEXT("uuid"), NUMBER("size_before_bytes"),
			    NUMBER("size_after_bytes"), MAYBE_TEXT("vg"), MAYBE_TEXT("lv"),
			    MAYBE_NUMBER("extent_bytes"), MAYBE_NUMBER("extents_before"),
			    MAYBE_NUMBER("extents_after"), MAYBE_NUMBER("version"),
			    MAYBE_TEXT("cipher"), MAYBE_NUMBER("sector_bytes") } },
	[EVENT_PLAN] = { "plan",
			 { FLAG("changed"), NUMBER("partition"), NUMBER("start_lba"),
			   NUMBER("sectors_before"), NUMBER("sectors_after"),
			   NUMBER("sector_bytes"), TEXT("fs_type"), MAYBE_TEXT("fs_label"),
			   MAYBE_TEXT("fs_uuid"), MAYBE_TEXT("fs_state"),
			   MAYBE_NUMBER("block_bytes"), MAYBE_NUMBER("blocks_before"),
			   MAYBE_NUMBER("blocks_after"), MAYBE_FLAG("check_left"),
			   MAYBE_TEXT("steps"), MAYBE_TEXT("chosen_by"),
			   MAYBE_NUMBER("swap_partition"), MAYBE_NUMBER("swap_from_lba"),
			   MAYBE_NUMBER("swap_to_lba") } },
	[EVENT_CHECK] = { "check",
			  { TEXT("moment"), TEXT("state"), MAYBE_NUMBER("percent"),
			    MAYBE_NUMBER("exit_status"), MAYBE_NUMBER("repairs"),
			    MAYBE_FLAG("repairs_complete") } },
	[EVENT_REPAIR] = { "repair", { TEXT("moment"), TEXT("problem"), MAYBE_NUMBER("inode") } },
	[EVENT_RESIZE] = { "resize",
			   { TEXT("state"), MAYBE_NUMBER("percent"),
			     MAYBE_NUMBER("exit_status") } },
	[EVENT_VERIFY] = { "verify", { MAYBE_NUMBER("blocks"), MAYBE_NUMBER("unused_bytes") } },
	[EVENT_UEVENT] = { "uevent",
			   { TEXT("action"), TEXT("devpath"), TEXT("subsystem"), NUMBER("seqnum"),
			     MAYBE_TEXT("devtype"), MAYBE_TEXT("devname"), MAYBE_NUMBER("t_us") } },
	[EVENT_PROCESS] = { "process",
			    { NUMBER("t_us"), TEXT("state"), NUMBER("pid"), MAYBE_TEXT("program"),
			      MAYBE_TEXT("command"), MAYBE_NUMBER("parent_pid"),
			      MAYBE_NUMBER("seqnum"), MAYBE_TEXT("action"), MAYBE_TEXT("devpath"),
			      MAYBE_NUMBER("exit_status"), MAYBE_NUMBER("signal") } },
	[EVENT_NODE] = { "node",
			 { NUMBER("t_us"), TEXT("state"), TEXT("path"), TEXT("kind"), TEXT("by"),
			   MAYBE_NUMBER("pid"), MAYBE_NUMBER("parent_pid"),
			   MAYBE_TEXT("target") } },
	[EVENT_MOUNT] = { "mount",
			  { NUMBER("t_us"), TEXT("state"), TEXT("path"), TEXT("device"),
			    TEXT("fstype"), MAYBE_FLAG("recovery_before"),
			    MAYBE_FLAG("recovery_after") } },
	[EVENT_LOG] = { "log", { NUMBER("t_us"), NUMBER("level"), TEXT("text") } },
	[EVENT_MARK] = { "mark", { NUMBER("t_us"), TEXT("what"), MAYBE_TEXT("text") } },
	[EVENT_LISTING] = { "listing",
			    { NUMBER("t_us"), TEXT("moment"), TEXT("path"), FLAG("present") } },
	[EVENT_SEQNUM] = { "seqnum", { NUMBER("t_us"), TEXT("moment"), NUMBER("seqnum") } },
	[EVENT_LOST] = { "lost",
			 { NUMBER("t_us"), TEXT("what"), MAYBE_NUMBER("count"),
			   MAYBE_NUMBER("first_seqnum"), MAYBE_NUMBER("last_seqnum") } },
	[EVENT_EXIT] = { "exit",
			 { NUMBER("exit_status"), MAYBE_NUMBER("output_bytes"),
			   MAYBE_NUMBER("error_bytes") } },
	[EVENT_BEAT] = { "beat", { NUMBER("seq"), TEXT("stage") } },
	[EVENT_DONE] = { "done", { FLAG("changed") } },
	[EVENT_FAULT] = { "fault",
			  { TEXT("reason"), NUMBER("status"), TEXT("message"), TEXT("hint"),
			    TEXT("stage") } },
};

const char *const table_repair_words[] = { "backup-missing", "backup-misplaced", "backup-damaged",
					   "primary-damaged", NULL };

/* In front of every event's own fields. */
static const struct event_field common_fields[] = { TEXT("event"), NUMBER("t_ms") };

#define COMMON_FIELDS (sizeof(common_fields) / sizeof(common_fields[0]))

const char *event_word(enum event_kind kind)
{
	return events[kind].word;
}

static int refuse(struct fault *fault, const char *what, const char *name)
{
	char safe_name[64];

	text_make_safe(safe_name, sizeof(safe_name), name, strlen(name));
	return fault_set(fault, REASON_GUEST_PROTOCOL, "the guest broke the protocol: %s (%s)",
			 what, safe_name);
}

/* 1 present and right, 0 absent though optional, -1 wrong. */
static int check_field(const json_t *object, const struct event_field *field, struct fault *fault)
{
	const json_t *value = json_object_get(object, field->name);

	if (!value)
		return field->optional ? 0 : refuse(fault, "a field is missing", field->name);
	switch (field->type) {
	case FIELD_TEXT:
		if (!json_is_string(value) || json_string_length(value) > WIRE_TEXT_MAX_BYTES)
			return refuse(fault, "a field is not a short text", field->name);
		break;
	case FIELD_NUMBER:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return refuse(fault, "a field is not a whole number", field->name);
		break;
	case FIELD_FLAG:
		if (!json_is_boolean(value))
			return refuse(fault, "a field is neither true nor false", field->name);
		break;
	}
	return 1;
}

/* How many fields of the list are there, or -1. */
static int check_fields(const json_t *object, const struct event_field *fields, size_t count,
			struct fault *fault)
{
	int present = 0;

	for (size_t i = 0; i < count && fields[i].name; i++) {
		int result = check_field(object, &fields[i], fault);

		if (result < 0)
			return -1;
		present += result;
	}
	return present;
}

int event_check(const json_t *object, enum event_kind *ret_kind, struct fault *fault)
{
	const char *word = json_string_value(json_object_get(object, "event"));
	int kind = 0, common, own;

	if (!word)
		return refuse(fault, "a line is not an event", "event");
	while (kind < EVENT_KINDS && strcmp(events[kind].word, word) != 0)
		kind++;
	if (kind == EVENT_KINDS)
		return refuse(fault, "an event is unknown", word);
	common = check_fields(object, common_fields, COMMON_FIELDS, fault);
	own = common < 0 ? -1 : check_fields(object, events[kind].fields, FIELDS_MAX, fault);
	if (own < 0)
		return -1;
	if (json_object_size(object) != (size_t)(common + own))
		return refuse(fault, "an event has unknown fields", word);
	*ret_kind = (enum event_kind)kind;
	return 0;
}

static int make_texts_safe(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		char safe[WIRE_TEXT_MAX_BYTES * 3 + 1];

		if (!json_is_string(value))
			continue;
		text_make_safe(safe, sizeof(safe), json_string_value(value),
			       json_string_length(value));
		if (json_string_set(value, safe) < 0)
			return -1;
	}
	return 0;
}

int event_parse(const char *line, size_t size_bytes, enum event_kind *ret_kind, json_t **ret_object,
		struct fault *fault)
{
	json_error_t error;
	json_t *object = json_loadb(line, size_bytes, JSON_REJECT_DUPLICATES, &error);

	if (!object)
		return refuse(fault, "a line is not JSON", error.text);
	if (event_check(object, ret_kind, fault) < 0 || make_texts_safe(object) < 0) {
		json_decref(object);
		return -1;
	}
	*ret_object = object;
	return 0;
}

char *event_format(enum event_kind kind, long long t_ms, json_t *fields)
{
	json_t *object =
		json_pack("{s:s, s:I}", "event", events[kind].word, "t_ms", (json_int_t)t_ms);
	enum event_kind checked;
	struct fault fault;
	char *line = NULL;

	if (object && fields && json_object_update(object, fields) == 0 &&
	    event_check(object, &checked, &fault) == 0) {
		size_t size_bytes = json_dumpb(object, NULL, 0, JSON_COMPACT);

		line = malloc(size_bytes + 2);
		if (line) {
			json_dumpb(object, line, size_bytes, JSON_COMPACT);
			line[size_bytes] = '\n';
			line[size_bytes + 1] = '\0';
		}
	}
	json_decref(object);
	json_decref(fields);
	return line;
}
