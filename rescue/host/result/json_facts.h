/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values for the result's object, and the events of a machine by name. */
#ifndef RESULT_JSON_FACTS_H
#define RESULT_JSON_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* New references, owned by the caller; JSON's null for what is not there. */
json_t *value_copy(const json_t *value);
json_t *value_member(const json_t *object, const char *name);
/* A file name need not be UTF-8, which JSON cannot carry: control characters and bytes that
 * are no UTF-8 become "?". */
json_t *value_text(const char *value);
json_t *value_text_unless_empty(const char *value);
json_t *value_number_if(bool known, uint64_t value);

/* Does the event have that text in that member? value NULL: any. */
bool event_has(const json_t *event, const char *name, const char *value);

/* The last event of that name; moment and state NULL: any. NULL if there is none. Borrowed. */
const json_t *event_last(const json_t *events, const char *name, const char *moment,
			 const char *state);

/* The entry of the table that is grown: as it is after the change if the guest told that. */
const json_t *event_last_target(const json_t *events);

/* Milliseconds of the host's clock from one event to another; null where one is missing. */
json_t *event_between(const json_t *from, const json_t *to);

#endif
