/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the files of the virtual machine are, and which QEMU runs it. */
#ifndef HOST_GUEST_H
#define HOST_GUEST_H

#include "base/fault.h"

#include <limits.h>
#include <stdbool.h>

/* $GROW_DISK_GUEST_DIR, or the folder of this program. Fault: no-guest. */
int guest_folder(char ret_folder[PATH_MAX], struct fault *fault);

/* $GROW_DISK_QEMU, or the QEMU of this kind of processor. Static storage. */
const char *guest_qemu(void);

/* Fault missing-program or no-qemu, naming the package, unless every program is there that a
 * run starts. machine: QEMU as well. */
int guest_check_programs(bool machine, struct fault *fault);

#endif
