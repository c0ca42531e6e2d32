/* The kernel's file systems, mounted by PID 1, and what is set through them. */
#ifndef BOOT_MOUNTS_H
#define BOOT_MOUNTS_H

#include "base/fault.h"

/* Mount /proc, /sys, /dev (devtmpfs) and /run; and let a program that needs
 * more memory than there is be killed (docs/decisions/7-memory.md). Fault:
 * internal. */
int mounts_make(struct fault *fault);

#endif
