/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the host that a run needs. They are looked for before anything starts, so
 * that a missing one gets its own message. */
#ifndef VM_PATHS_H
#define VM_PATHS_H

#include "base/fault.h"
#include "host/vm/qemu/board.h"

#include <limits.h>
#include <stdbool.h>

struct paths {
	char qemu[PATH_MAX];	  /* absolute; "": not there, and not needed so far */
	char kernel[PATH_MAX];	  /* absolute */
	char initramfs[PATH_MAX]; /* absolute */
	char tools[PATH_MAX];	  /* of the tools disk, which need not be there */
	char native[PATH_MAX];	  /* rescue-native; "": it is not there, or forbidden */
	char storage[PATH_MAX];	  /* qemu-storage-daemon; "": not there */
	char build_id[128];	  /* the line of the build-id file */
};

/* The program is a path, or a name for PATH; where PATH is not set, for the system's
 * default, as execvp(3) does it. Where a sealed process may do the work, and can, it need not be
 * there. -1 with REASON_NO_QEMU or REASON_NO_GUEST. */
int paths_find(const char *qemu, const char *guest_folder, enum guest_arch arch, bool may_be_native,
	       struct paths *ret_paths, struct fault *fault);

#endif
