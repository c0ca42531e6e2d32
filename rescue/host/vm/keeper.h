/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that runs the virtual machine and tells its parent of it. */
#ifndef VM_KEEPER_H
#define VM_KEEPER_H

#include "vm.h"

/* To be called in a child that was just forked, with the signals still held
 * (signals_hold). fd is its end of the socket pair: events go out, and one byte comes in
 * when the disk is ready. Ends the process with an enum status. */
_Noreturn void keeper_run(const struct vm_spec *spec, pid_t parent, int fd);

#endif
