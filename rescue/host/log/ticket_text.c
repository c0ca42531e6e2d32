/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ticket.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#define NUMBER_MAX INT64_C(9007199254740992) /* what every reader of JSON keeps exactly */

static const char note[] = "A complete log of grow-disk belongs to this image. Running grow-disk "
			   "--recover on the image finishes it.";

/* NULL: nothing is closed, or no memory. */
static json_t *format_closing(const struct closing *closing)
{
	json_t *marks = closing->count > 0 ? json_array() : NULL;

	for (size_t i = 0; marks && i < closing->count; i++) {
		const struct closing_mark *mark = &closing->marks[i];
		char hex[2 * CLOSING_BYTES_MAX + 1];

		for (size_t n = 0; n < mark->size_bytes; n++)
			sprintf(hex + 2 * n, "%02x", mark->bytes[n]);
		(void)json_array_append_new(marks, json_pack("{s:I, s:s, s:b}", "offset_bytes",
							     (json_int_t)mark->at, "bytes", hex,
							     "before", (int)mark->before));
	}
	if (json_array_size(marks) != closing->count) {
		json_decref(marks);
		return NULL;
	}
	return marks ? json_pack("{s:[ss], s:[ssss], s:o}", "content_sha256",
				 closing->content_sum[0], closing->content_sum[1],
				 "superblock_sha256", closing->superblock_sum[0][0],
				 closing->superblock_sum[0][1], closing->superblock_sum[1][0],
				 closing->superblock_sum[1][1], "signatures", marks)
		     : NULL;
}

char *ticket_format(const struct ticket_facts *facts)
{
	bool has_folder = facts->work_dir[0] != '\0';
	json_t *closing = format_closing(&facts->closing);
	json_t *object =
		facts->closing.count > 0 && !closing
			? NULL
			: json_pack("{s:i, s:s, s:s, s:s?, s:s?, s:s, s:s, s:I, s:I, s:I, s:s, "
				    "s:[ss], s:I, s:[ssss], "
				    "s:I, s:I, s:o*, s:b}",
				    "schema", 1, "note", note, "version", GROW_DISK_VERSION,
				    "log_folder", has_folder ? facts->work_dir : NULL, "log_key",
				    has_folder ? facts->key : NULL, "log_sha256", facts->log_sum,
				    "format", image_format_word(facts->format), "size_before_bytes",
				    (json_int_t)facts->size_before_bytes, "size_after_bytes",
				    (json_int_t)facts->size_after_bytes, "image_bytes",
				    (json_int_t)facts->image_bytes, "image_time", facts->image_time,
				    "sector_sha256", facts->sector_sum[0], facts->sector_sum[1],
				    "superblock_offset_bytes", (json_int_t)facts->superblock_at,
				    "superblock_sha256", facts->superblock_sum[0][0],
				    facts->superblock_sum[0][1], facts->superblock_sum[1][0],
				    facts->superblock_sum[1][1], "table_offset_bytes",
				    (json_int_t)facts->table_at, "table_bytes",
				    (json_int_t)facts->table_bytes, "closing", closing, "complete",
				    1);
	char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;

	json_decref(object);
	return text;
}

static bool is_hex(const char *text)
{
	for (; *text; text++)
		if (!isdigit((unsigned char)*text) && (*text < 'a' || *text > 'f'))
			return false;
	return true;
}

static bool take_sum(const json_t *value, char ret_sum[CHECKSUM_CHARS + 1])
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) != CHECKSUM_CHARS || !is_hex(text))
		return false;
	memcpy(ret_sum, text, CHECKSUM_CHARS + 1);
	return true;
}

/* Into sums that follow each other. */
static bool take_sums(const json_t *array, char (*ret_sums)[CHECKSUM_CHARS + 1], size_t count)
{
	if (!json_is_array(array) || json_array_size(array) != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!take_sum(json_array_get(array, i), ret_sums[i]))
			return false;
	return true;
}

static bool take_number(const json_t *object, const char *name, uint64_t *ret_number)
{
	const json_t *value = json_object_get(object, name);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || number > NUMBER_MAX)
		return false;
	*ret_number = (uint64_t)number;
	return true;
}

/* A text without control characters; null or absent is the empty one. */
static bool take_text(const json_t *object, const char *name, char *out, size_t out_bytes)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	out[0] = '\0';
	if (!value || json_is_null(value))
		return true;
	if (!text || strlen(text) >= out_bytes)
		return false;
	for (const char *at = text; *at; at++)
		if (iscntrl((unsigned char)*at))
			return false;
	strcpy(out, text);
	return true;
}

static bool take_format(const json_t *object, enum image_format *ret_format)
{
	const char *word = json_string_value(json_object_get(object, "format"));

	if (word && strcmp(word, "raw") == 0)
		*ret_format = IMAGE_RAW;
	else if (word && strcmp(word, "qcow2") == 0)
		*ret_format = IMAGE_QCOW2;
	else
		return false;
	return true;
}

static bool take_mark(const json_t *object, uint64_t disk_bytes, struct closing_mark *mark)
{
	const json_t *before = json_object_get(object, "before");
	const char *hex = json_string_value(json_object_get(object, "bytes"));
	size_t chars = hex ? strlen(hex) : 0;

	mark->size_bytes = chars / 2;
	mark->before = json_is_true(before);
	if (chars == 0 || chars % 2 || chars / 2 > CLOSING_BYTES_MAX || !is_hex(hex) ||
	    !json_is_boolean(before) || !take_number(object, "offset_bytes", &mark->at) ||
	    mark->at > disk_bytes || mark->size_bytes > disk_bytes - mark->at)
		return false;
	for (size_t n = 0; n < mark->size_bytes; n++)
		sscanf(hex + 2 * n, "%2hhx", &mark->bytes[n]);
	return true;
}

/* Tickets of files have none. */
static bool take_closing(const json_t *object, struct ticket_facts *facts)
{
	const json_t *value = json_object_get(object, "closing");
	const json_t *marks = json_object_get(value, "signatures");
	struct closing *closing = &facts->closing;

	closing->count = 0;
	if (!value)
		return true;
	if (!take_sums(json_object_get(value, "content_sha256"), closing->content_sum, 2) ||
	    !take_sums(json_object_get(value, "superblock_sha256"), closing->superblock_sum[0],
		       4) ||
	    !json_is_array(marks) || json_array_size(marks) == 0 ||
	    json_array_size(marks) > CLOSING_MARKS_MAX)
		return false;
	for (; closing->count < json_array_size(marks); closing->count++)
		if (!take_mark(json_array_get(marks, closing->count), facts->size_after_bytes,
			       &closing->marks[closing->count]))
			return false;
	return true;
}

static bool take(const json_t *object, struct ticket_facts *facts)
{
	return json_integer_value(json_object_get(object, "schema")) == 1 &&
	       json_is_true(json_object_get(object, "complete")) &&
	       take_format(object, &facts->format) &&
	       take_sum(json_object_get(object, "log_sha256"), facts->log_sum) &&
	       take_sums(json_object_get(object, "sector_sha256"), facts->sector_sum, 2) &&
	       take_sums(json_object_get(object, "superblock_sha256"), facts->superblock_sum[0],
			 4) &&
	       take_number(object, "size_before_bytes", &facts->size_before_bytes) &&
	       take_number(object, "size_after_bytes", &facts->size_after_bytes) &&
	       take_number(object, "image_bytes", &facts->image_bytes) &&
	       take_number(object, "superblock_offset_bytes", &facts->superblock_at) &&
	       facts->superblock_at % TABLE_SECTOR_BYTES == 0 && take_closing(object, facts) &&
	       take_number(object, "table_offset_bytes", &facts->table_at) &&
	       take_number(object, "table_bytes", &facts->table_bytes) &&
	       take_text(object, "image_time", facts->image_time, sizeof(facts->image_time)) &&
	       facts->image_time[0] != '\0' &&
	       take_text(object, "log_folder", facts->work_dir, sizeof(facts->work_dir)) &&
	       (facts->work_dir[0] == '\0' || facts->work_dir[0] == '/') &&
	       take_text(object, "log_key", facts->key, sizeof(facts->key)) && is_hex(facts->key) &&
	       (facts->work_dir[0] == '\0') == (facts->key[0] == '\0');
}

const char *ticket_parse(const char *text, size_t size_bytes, struct ticket_facts *ret_facts)
{
	struct ticket_facts facts = { 0 };
	json_t *object = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES, NULL);
	bool right = json_is_object(object) && take(object, &facts);

	json_decref(object);
	if (!right)
		return "it cannot be read, or is not whole";
	*ret_facts = facts;
	return NULL;
}
