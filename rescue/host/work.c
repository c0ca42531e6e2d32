/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "work.h"

#include "base/cleanup.h"
#include "host/image/room.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#define ROOM_BYTES (UINT64_C(8) << 20)

int work_make(struct work *work, const char *program, struct fault *fault)
{
	const char *base = getenv("TMPDIR");
	char relative[PATH_MAX];

	work->folder[0] = '\0';
	if (!base || base[0] == '\0')
		base = "/tmp";
	if (snprintf(relative, sizeof(relative), "%s/%s.XXXXXX", base, program) >=
		    (int)sizeof(relative) ||
	    !mkdtemp(relative)) {
		fault_set_errno(fault,
				errno == ENOSPC || errno == EDQUOT ? REASON_NO_SPACE
								   : REASON_FOLDER_NOT_WRITABLE,
				errno, "No temporary directory can be created in %.300s", base);
		return fault_hint(fault, "Set TMPDIR to a writable directory");
	}
	if (!realpath(relative, work->folder)) {
		(void)rmdir(relative);
		return fault_set_errno(fault, REASON_INTERNAL, errno, "%.300s is gone", relative);
	}
	return room_need(work->folder, base, ROOM_BYTES,
			 "set TMPDIR to a directory on another disk", fault);
}

void work_path(const struct work *work, const char *name, char ret_path[PATH_MAX + 64])
{
	snprintf(ret_path, PATH_MAX + 64, "%s/%.60s", work->folder, name);
}

void work_remove(struct work *work)
{
	DIR *folder = work->folder[0] ? opendir(work->folder) : NULL;
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	if (work->folder[0])
		(void)rmdir(work->folder);
	work->folder[0] = '\0';
}
