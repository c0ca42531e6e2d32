/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "find.h"

#include "gpt_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool has_uuid(const struct table_parts *parts, const struct table_part *part,
		     const char *uuid)
{
	char own[TABLE_GUID_CHARS];

	if (parts->is_gpt)
		gpt_text_guid(part->guid, own);
	else
		snprintf(own, sizeof(own), "%08x-%02x", (unsigned)parts->signature, part->number);
	return strcasecmp(own, uuid) == 0;
}

static bool has_name(const struct table_parts *parts, const struct table_part *part,
		     const char *name)
{
	char own[TABLE_NAME_CHARS];

	gpt_text_name(part->name, own);
	return parts->is_gpt && strcmp(own, name) == 0;
}

static const struct table_part *find(const struct table_parts *parts, const char *text,
				     bool (*has)(const struct table_parts *parts,
						 const struct table_part *part, const char *text))
{
	const struct table_part *found = NULL;

	for (size_t i = 0; i < parts->count; i++) {
		if (!has(parts, &parts->parts[i], text))
			continue;
		if (found)
			return NULL;
		found = &parts->parts[i];
	}
	return found;
}

const struct table_part *table_find_uuid(const struct table_parts *parts, const char *uuid)
{
	return find(parts, uuid, has_uuid);
}

const struct table_part *table_find_name(const struct table_parts *parts, const char *name)
{
	return find(parts, name, has_name);
}
