/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's file systems, mounted by PID 1, and what is set through them. */
#ifndef BOOT_MOUNTS_H
#define BOOT_MOUNTS_H

#include "base/fault.h"

#include <stdbool.h>

/* Mount /proc, /sys, /dev (devtmpfs) and /run; and let a program that needs
 * more memory than there is be killed (docs/decisions/7-memory.md). Fault:
 * internal. */
int mounts_make(struct fault *fault);

/* Is that one of these, or the root? By folder and type, as in /proc/self/mounts. */
bool mounts_is_own(const char *folder, const char *type);

#endif
