/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tools disk: programs that most runs do not need. */
#ifndef BOOT_TOOLS_MOUNT_H
#define BOOT_TOOLS_MOUNT_H

#include "base/fault.h"

#define TOOLS_FOLDER "/run/tools"

/* Mount the disk of that name ("sdb") for reading, and see that it was made with this
 * agent: its file build-id says so. Fault: fs-tools-missing. */
int tools_mount(const char *device, const char *build_id, struct fault *fault);

#endif
