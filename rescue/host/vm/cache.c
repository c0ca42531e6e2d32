/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int cache_folder(char path[PATH_MAX], bool make)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int length;

	if (cache && cache[0] == '/')
		length = snprintf(path, PATH_MAX, "%s", cache);
	else if (home && home[0] == '/')
		length = snprintf(path, PATH_MAX, "%s/.cache", home);
	else
		return -1;
	if (length >= PATH_MAX - 32)
		return -1;
	if (make)
		(void)mkdir(path, 0700); /* it exists: fine; it fails: so will the next */
	strcat(path, "/grow-disk");
	if (make)
		(void)mkdir(path, 0700);
	return 0;
}
