/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table_event.h"

#include "wire/event.h"

#include <string.h>

bool table_event_fits(const json_t *object)
{
	static const char *const of_gpt[] = { "type_guid", "uuid", "name" };
	const char *label = json_string_value(json_object_get(object, "label"));
	const bool is_gpt = label && strcmp(label, "gpt") == 0;

	for (size_t i = 0; i < sizeof(of_gpt) / sizeof(of_gpt[0]); i++)
		if (is_gpt != (json_object_get(object, of_gpt[i]) != NULL))
			return false;
	return is_gpt != (json_object_get(object, "type") != NULL);
}

unsigned table_event_repair(const char *word)
{
	for (unsigned i = 0; table_repair_words[i]; i++)
		if (strcmp(table_repair_words[i], word) == 0)
			return 1u << i;
	return 0;
}
