/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_facts.h"

#include "base/text.h"
#include "wire/member.h"

#include <limits.h>
#include <string.h>

json_t *value_copy(const json_t *value)
{
	return value ? json_copy((json_t *)value) : json_null();
}

json_t *value_member(const json_t *object, const char *name)
{
	return value_copy(json_object_get(object, name));
}

json_t *value_text(const char *value)
{
	char safe[3 * PATH_MAX];
	json_t *string = json_string(value);

	if (string)
		return string;
	text_make_safe(safe, sizeof(safe), value, strlen(value));
	return json_string(safe);
}

json_t *value_text_unless_empty(const char *value)
{
	return value[0] ? value_text(value) : json_null();
}

json_t *value_number_if(bool known, uint64_t value)
{
	return known ? json_integer((json_int_t)value) : json_null();
}

bool event_has(const json_t *event, const char *name, const char *value)
{
	return !value || strcmp(member_text(event, name), value) == 0;
}

const json_t *event_last(const json_t *events, const char *name, const char *moment,
			 const char *state)
{
	for (size_t i = json_array_size(events); i > 0; i--) {
		const json_t *event = json_array_get(events, i - 1);

		if (event_has(event, "event", name) && event_has(event, "moment", moment) &&
		    event_has(event, "state", state))
			return event;
	}
	return NULL;
}

const json_t *event_last_target(const json_t *events)
{
	const json_t *found = NULL;
	size_t i;
	json_t *event;

	json_array_foreach ((json_t *)events, i, event)
		if (event_has(event, "event", "table") &&
		    json_is_true(json_object_get(event, "target")) &&
		    (!found || event_has(event, "moment", "after") ||
		     !event_has(found, "moment", "after")))
			found = event;
	return found;
}

json_t *event_between(const json_t *from, const json_t *to)
{
	const json_t *begin = json_object_get(from, "host_ms"),
		     *end = json_object_get(to, "host_ms");

	if (!json_is_integer(begin) || !json_is_integer(end))
		return json_null();
	return json_integer(json_integer_value(end) - json_integer_value(begin));
}
