/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text of an event, or of the result. */
#ifndef RESULT_MEMBER_H
#define RESULT_MEMBER_H

#include <jansson.h>

/* "" where there is no such text. */
static inline const char *member_text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

#endif
