/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "share.h"

#include "host/image/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_inside(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (strcmp(directory, "/") == 0)
		return true;
	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

int share_find(const struct share_wish *wish, const char *image_path, const char *work_folder,
	       char ret_path[PATH_MAX], struct fault *fault)
{
	const char *inside[] = { image_path, work_folder };
	struct stat status;

	ret_path[0] = '\0';
	if (!wish->directory)
		return 0;
	if (!realpath(wish->directory, ret_path) || stat(ret_path, &status) < 0 ||
	    !S_ISDIR(status.st_mode)) {
		fault_set(fault, REASON_USAGE, "There is no directory %.200s", wish->directory);
		return fault_hint(fault, "Name a directory of this host");
	}
	if (!wish->writable)
		return 0;
	if (access(ret_path, W_OK) < 0) {
		fault_set_errno(fault, REASON_FOLDER_NOT_WRITABLE, errno,
				"%s may not write to %.300s", image_user(), ret_path);
		return fault_hint(fault, "Share it without --share-rw");
	}
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (is_inside(inside[i], ret_path)) {
			fault_set(fault, REASON_USAGE,
				  "--share-rw cannot share %.150s, in which %.150s is", ret_path,
				  inside[i]);
			return fault_hint(fault, "Share a directory of its own");
		}
	return 0;
}
