/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the power goes: nothing may be left half written. */
#ifndef BOOT_UNMOUNT_ALL_H
#define BOOT_UNMOUNT_ALL_H

#include "base/fault.h"

/* End every other process, unmount every file system of a device and the host's
 * folder, and flush. Only for PID 1. Fault: disk-io. */
int unmount_all(struct fault *fault);

#endif
