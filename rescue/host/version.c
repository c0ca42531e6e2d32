/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "version.h"

#include "base/cleanup.h"
#include "guest.h"

#include <stdio.h>
#include <string.h>

static FILE *open_in_guest(const char *name)
{
	char folder[PATH_MAX], path[PATH_MAX + 32];
	struct fault fault;

	if (guest_folder(guest_arch_host(), folder, &fault) < 0)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, "re");
}

static json_t *build_id(void)
{
	cleanup_file FILE *file = open_in_guest("build-id");
	char text[64];
	json_t *string;

	if (!file || !fgets(text, sizeof(text), file))
		return json_null();
	text[strcspn(text, "\n")] = '\0';
	string = json_string(text);
	return string ? string : json_null();
}

static json_t *parts(void)
{
	cleanup_file FILE *file = open_in_guest("contents.json");
	json_t *list = file ? json_loadf(file, 0, NULL) : NULL;

	return list ? list : json_null();
}

json_t *version_object(const char *program)
{
	return json_pack("{s:i, s:s, s:s, s:o, s:o}", "schema", 1, "program", program, "version",
			 GROW_DISK_VERSION, "build_id", build_id(), "parts", parts());
}
