/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a JSON object: an event, or the result. */
#ifndef WIRE_MEMBER_H
#define WIRE_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* "" where there is no such text. */
static inline const char *member_text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

static inline uint64_t member_number(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static inline bool member_has(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return value && !json_is_null(value);
}

static inline bool member_is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

#endif
