/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run needs from the host's file system, looked at before anything is
 * started, so that what is missing gets its own sentence. */
#ifndef VM_PATHS_H
#define VM_PATHS_H

#include "base/fault.h"
#include "options.h"

#include <limits.h>

struct paths {
	char qemu[PATH_MAX];	  /* absolute */
	char kernel[PATH_MAX];	  /* absolute */
	char initramfs[PATH_MAX]; /* absolute */
	char build_id[128];	  /* the line of the build-id file */
	/* QEMU runs in the disk's folder and is told only the name: the name goes
	 * through JSON, which cannot carry a path that is not UTF-8. */
	char disk_folder[PATH_MAX];
	char disk_name[NAME_MAX + 3]; /* "./name": never taken for an option or a protocol */
};

/* -1 with REASON_NO_QEMU, REASON_NO_GUEST or REASON_DISK_IO. */
int paths_find(const struct options *options, struct paths *ret_paths, struct fault *fault);

#endif
