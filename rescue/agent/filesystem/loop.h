/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device of its own for a file system that begins within another one: for programs that
 * take no offset. */
#ifndef FILESYSTEM_LOOP_H
#define FILESYSTEM_LOOP_H

#include "base/fault.h"
#include "fs.h"

/* The target itself if it begins where its path does (*ret_fd is -1); else a loop device of
 * what lies from there to the end of the path, as it is now. It is gone when *ret_fd is
 * closed. In a sealed process it is the same by the name PATH@BYTES (rescue/native/shim.c).
 * Fault: internal. */
int loop_attach(const struct fs_target *target, bool sealed, struct fs_target *ret_target,
		int *ret_fd, struct fault *fault);

#endif
