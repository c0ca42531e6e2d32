/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partitions of the disk, as they were told of by BLKPG. Source: linux/blkpg.h. */
#ifndef NATIVE_SHIM_PARTS_H
#define NATIVE_SHIM_PARTS_H

#include "shared.h"

#include <linux/blkpg.h>

/* The one of that number, or NULL. */
const struct shared_part *shim_part(const struct shared *shared, int number);

/* As ioctl(2): BLKPG_ADD_PARTITION and BLKPG_RESIZE_PARTITION, of a disk of that size. */
int shim_tell_parts(struct shared *shared, uint64_t disk_bytes,
		    const struct blkpg_ioctl_arg *argument);

#endif
