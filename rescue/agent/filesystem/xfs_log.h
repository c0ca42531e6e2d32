/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does the log of an xfs have to be replayed? */
#ifndef FILESYSTEM_XFS_LOG_H
#define FILESYSTEM_XFS_LOG_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

/* The log is a ring of blocks of 512 bytes. Each carries the number of the round it was
 * written in: where the number falls, the log ends. It is clean if the last record there is
 * that of an unmount. Where anything is not as it should be, it is not clean: the kernel
 * will see, who replays it. Fault: disk-io. */
int xfs_log_look(int fd, uint64_t at_bytes, uint64_t size_bytes, bool *ret_clean,
		 struct fault *fault);

#endif
