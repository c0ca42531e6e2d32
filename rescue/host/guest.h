/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the files of the virtual machine are, and which QEMU runs it. */
#ifndef HOST_GUEST_H
#define HOST_GUEST_H

#include "base/fault.h"
#include "host/vm/qemu/board.h"

#include <limits.h>
#include <stdbool.h>

/* $GROW_DISK_GUEST_ARCH, or that of this program. Fault: usage. */
int guest_arch_wish(enum guest_arch *ret_arch, struct fault *fault);

/* $GROW_DISK_GUEST_DIR, or the folder of this program; for a guest of another processor the folder
 * in it with that name. Fault: no-guest. */
int guest_folder(enum guest_arch arch, char ret_folder[PATH_MAX], struct fault *fault);

/* $GROW_DISK_QEMU, or the QEMU of this kind of processor; guest_qemu: the one that boots a disk's
 * own system, which is of x86-64. Static storage. */
const char *guest_qemu_of(enum guest_arch arch);
const char *guest_qemu(void);

/* Fault missing-program or no-qemu, naming the package, unless every program is there that a
 * run starts. machine: the QEMU of guest_qemu as well. guest_check_machine: that of the guest. */
int guest_check_programs(bool machine, struct fault *fault);
int guest_check_machine(enum guest_arch arch, struct fault *fault);

#endif
