/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools_mount.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define BUILD_ID_FILE TOOLS_FOLDER "/build-id"

static int check_build(const char *build_id, struct fault *fault)
{
	cleanup_file FILE *file = fopen(BUILD_ID_FILE, "re");
	char found[64] = "";

	if (file && fgets(found, sizeof(found), file))
		found[strcspn(found, "\n")] = '\0';
	if (strcmp(found, build_id) == 0)
		return 0;
	fault_set(fault, REASON_FS_TOOLS_MISSING,
		  "the tools disk (tools.img) belongs to another build of the machine");
	return fault_hint(fault, "rebuild it (make), or reinstall grow-disk");
}

int tools_mount(const char *device, const char *build_id, struct fault *fault)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", device);
	if (mkdir(TOOLS_FOLDER, 0755) < 0 && errno != EEXIST)
		return fault_set_errno(fault, REASON_INTERNAL, errno, TOOLS_FOLDER " is not made");
	if (mount(path, TOOLS_FOLDER, "ext2", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOATIME, NULL) <
	    0) {
		fault_set_errno(fault, REASON_FS_TOOLS_MISSING, errno,
				"the tools disk (tools.img) cannot be mounted");
		return fault_hint(fault, "rebuild it (make), or reinstall grow-disk");
	}
	return check_build(build_id, fault);
}
