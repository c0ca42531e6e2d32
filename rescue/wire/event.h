/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events: what the agent tells the host, one flat JSON object a line.
 *
 * The table in event.c is the whole vocabulary: every event, every field, its
 * type and whether it may be absent. The agent cannot send and the host does
 * not accept anything else; docs/protocol.md explains each (a test compares).
 */
#ifndef WIRE_EVENT_H
#define WIRE_EVENT_H

#include "base/fault.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum event_kind {
	EVENT_HELLO,
	EVENT_DISK,
	EVENT_TABLE,
	EVENT_TABLE_REPAIR,
	EVENT_TOOLS, /* wants the tools disk */
	EVENT_KEY,   /* wants the key of an encrypted layer */
	EVENT_LIMIT,
	EVENT_LAYER,
	EVENT_PLAN,
	EVENT_CHECK,
	EVENT_REPAIR,
	EVENT_RESIZE,
	EVENT_VERIFY,
	EVENT_UEVENT,
	/* What a recorder saw; each with t_us, when it happened. */
	EVENT_PROCESS,
	EVENT_NODE,
	EVENT_MOUNT,
	EVENT_LOG,
	EVENT_MARK,
	EVENT_LISTING,
	EVENT_SEQNUM,
	EVENT_LOST,
	EVENT_EXIT, /* of a shell, or its command */
	EVENT_BEAT,
	EVENT_DONE,
	EVENT_FAULT,
	EVENT_KINDS
};

/* What a GPT can have to be repaired, the `problem` of EVENT_TABLE_REPAIR; ended by NULL. */
extern const char *const table_repair_words[];

/* The word for a kind: "hello", "disk", ... Static storage. */
const char *event_word(enum event_kind kind);

/* Check an object against the table: a known event, no unknown, missing or
 * mistyped field, numbers not negative, texts within WIRE_TEXT_MAX_BYTES.
 * -1 with REASON_GUEST_PROTOCOL, else the kind. */
int event_check(const json_t *object, enum event_kind *ret_kind, struct fault *fault);

/* Parse and check one untrusted line (flat, no repeated keys, valid UTF-8,
 * no trailing bytes), and make its texts safe to show (base/text.h). The
 * object belongs to the caller. */
int event_parse(const char *line, size_t size_bytes, enum event_kind *ret_kind, json_t **ret_object,
		struct fault *fault);

/* One line with its newline from the fields of a kind, to be freed; takes over
 * the reference of fields. NULL when out of memory, or when the fields do not
 * fit the table: a bug, which the unit tests catch. */
char *event_format(enum event_kind kind, long long t_ms, json_t *fields);

#endif
