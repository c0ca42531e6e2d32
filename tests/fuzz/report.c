/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report reader of the host: lines, then wire/event.c, which is also asked
 * to say again what it accepted. The order of events is session.c's matter. */
#include "fuzz.h"

#include "wire/event.h"
#include "wire/limits.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, perhaps of a single byte */

/* The number of fields of each event (docs/protocol.md), with the common two. */
static const struct {
	const char *word;
	size_t least, most;
} sizes[] = {
	{ "hello", 8, 8 },  { "disk", 5, 5 },	{ "table", 11, 11 }, { "limit", 4, 4 },
	{ "plan", 15, 15 }, { "check", 4, 7 },	{ "repair", 4, 5 },  { "resize", 3, 5 },
	{ "verify", 4, 4 }, { "uevent", 6, 6 }, { "beat", 4, 4 },    { "done", 3, 3 },
	{ "fault", 7, 7 },
};

#define KINDS (sizeof(sizes) / sizeof(sizes[0]))

static void judge_size(enum event_kind kind, const json_t *object)
{
	size_t count = json_object_size(object), i = 0;

	while (i < KINDS && strcmp(sizes[i].word, event_word(kind)) != 0)
		i++;
	MUST(i < KINDS);
	MUST(count >= sizes[i].least && count <= sizes[i].most);
}

/* The text was within the limit before it was made safe. */
static void judge_length(const char *text, size_t length)
{
	size_t least_bytes = length;

	for (const char *at = text; (at = strstr(at, REPLACEMENT)); at += strlen(REPLACEMENT))
		least_bytes -= strlen(REPLACEMENT) - 1;
	MUST(least_bytes <= WIRE_TEXT_MAX_BYTES);
}

/* Flat, whole numbers that are not negative, safe texts. Returns whether all
 * texts are still within the limit of the wire. */
static bool judge_fields(enum event_kind kind, json_t *object)
{
	bool within = true;
	const char *key;
	json_t *value;

	MUST(strcmp(json_string_value(json_object_get(object, "event")), event_word(kind)) == 0);
	json_object_foreach (object, key, value) {
		MUST(fuzz_text_is_safe(key, strlen(key)));
		if (json_is_string(value)) {
			size_t length = json_string_length(value);

			judge_length(json_string_value(value), length);
			MUST(strlen(json_string_value(value)) == length);
			MUST(fuzz_text_is_safe(json_string_value(value), length));
			within = within && length <= WIRE_TEXT_MAX_BYTES;
		} else if (json_is_integer(value)) {
			MUST(json_integer_value(value) >= 0);
		} else {
			MUST(json_is_boolean(value));
		}
	}
	return within;
}

/* As the host writes it to its own file: one line, safe to show. */
static void judge_line(const json_t *object)
{
	char line[3 * WIRE_LINE_MAX_BYTES];
	size_t line_bytes = json_dumpb(object, line, sizeof(line), JSON_COMPACT);

	MUST(line_bytes > 0 && line_bytes <= sizeof(line));
	MUST(fuzz_text_is_safe(line, line_bytes));
}

/* What was accepted could have been sent by the agent, and is read the same. */
static void judge_again(enum event_kind kind, const json_t *object)
{
	json_t *fields = json_copy((json_t *)object), *again = NULL;
	json_int_t t_ms = json_integer_value(json_object_get(object, "t_ms"));
	enum event_kind kind_again = EVENT_KINDS;
	struct fault fault = { 0 };
	char *line;

	json_object_del(fields, "event");
	json_object_del(fields, "t_ms");
	line = event_format(kind, t_ms, fields);
	MUST(line);
	MUST(line[strlen(line) - 1] == '\n');
	MUST(event_parse(line, strlen(line), &kind_again, &again, &fault) == 0);
	MUST(kind_again == kind);
	MUST(json_equal(object, again));
	json_decref(again);
	free(line);
}

static void take(const char *line, size_t line_bytes)
{
	enum event_kind kind = EVENT_KINDS;
	json_t *object = NULL;
	struct fault fault = { 0 };

	if (event_parse(line, line_bytes, &kind, &object, &fault) < 0) {
		MUST(!object && kind == EVENT_KINDS);
		MUST(fault.reason == REASON_GUEST_PROTOCOL);
		MUST(fault.message[0] != '\0');
		MUST(fuzz_text_is_safe(fault.message, strlen(fault.message)));
		return;
	}
	fuzz_accepted++;
	judge_size(kind, object);
	judge_line(object);
	if (judge_fields(kind, object))
		judge_again(kind, object);
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	fuzz_arena_begin();
	fuzz_lines(data, size_bytes, WIRE_LINE_MAX_BYTES, take);
	fuzz_arena_end();
	return 0;
}
