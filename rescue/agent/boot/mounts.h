/* The kernel's file systems, mounted by PID 1. */
#ifndef BOOT_MOUNTS_H
#define BOOT_MOUNTS_H

#include "base/fault.h"

/* Mount /proc, /sys, /dev (devtmpfs) and /run. Fault: internal. */
int mounts_make(struct fault *fault);

#endif
