/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which logical volume, and can it be grown? */
#include "lvm_group.h"

#include <stdio.h>
#include <string.h>

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
		if ((at == words || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}

bool lvm_volume_is(const struct lvm_volume *volume, const char *word)
{
	return has_word(volume->layout, word) || has_word(volume->role, word);
}

static const struct lvm_volume *find(const struct lvm_group *group, const char *wanted)
{
	size_t length = strlen(group->name);

	if (strncmp(wanted, group->name, length) == 0 && wanted[length] == '/')
		wanted += length + 1;
	for (size_t i = 0; i < group->count; i++)
		if (strcmp(group->volumes[i].name, wanted) == 0)
			return &group->volumes[i];
	return NULL;
}

/* "root, home and swap"; cut where it is too long. */
static const char *list(const struct lvm_group *group, char *out, size_t out_bytes)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < group->count && used < out_bytes; i++) {
		const char *between = i == 0 ? "" : i + 1 == group->count ? " and " : ", ";

		used += (size_t)snprintf(out + used, out_bytes - used, "%s%s", between,
					 group->volumes[i].name);
	}
	return out;
}

const struct lvm_volume *lvm_group_choose(const struct lvm_group *group, const char *wanted,
					  struct fault *fault)
{
	const struct lvm_volume *volume = NULL;
	char names[256];

	if (wanted[0] != '\0')
		volume = find(group, wanted);
	else if (group->count == 1)
		volume = &group->volumes[0];
	else
		volume = find(group, "root");
	if (volume)
		return volume;
	list(group, names, sizeof(names));
	if (group->count == 0)
		fault_set(fault, REASON_NO_SUCH_VOLUME,
			  "the volume group \"%s\" has no logical volume", group->name);
	else if (wanted[0] != '\0')
		fault_set(fault, REASON_NO_SUCH_VOLUME,
			  "there is no logical volume \"%.100s\" in \"%s\", which has %s", wanted,
			  group->name, names);
	else
		fault_set(fault, REASON_VOLUME_AMBIGUOUS,
			  "the volume group \"%s\" has several logical volumes: %s", group->name,
			  names);
	fault_hint(fault, "choose one with --volume NAME");
	return NULL;
}

/* Logical volumes that are more than a row of extents. */
static const struct {
	const char *word, *what;
} kinds[] = {
	{ "snapshot", "a snapshot" },
	{ "origin", "the origin of a snapshot" },
	{ "thin", "of thin provisioning" },
	{ "cache", "cached" },
	{ "writecache", "cached" },
	{ "vdo", "compressed (VDO)" },
	{ "raid", "a RAID" },
	{ "mirror", "a mirror" },
	{ "striped", "striped" },
};

int lvm_volume_check(const struct lvm_group *group, const struct lvm_volume *volume,
		     struct fault *fault)
{
	const char *what = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !what; i++)
		if (lvm_volume_is(volume, kinds[i].word))
			what = kinds[i].what;
	if (!what && strcmp(volume->layout, "linear") != 0)
		what = volume->layout;
	if (!what && !volume->is_writable)
		what = "read-only";
	if (!what)
		return 0;
	return fault_set(fault, REASON_LAYER_FEATURE,
			 "the logical volume \"%s/%s\" is %s; only linear ones can be grown",
			 group->name, volume->name, what);
}
