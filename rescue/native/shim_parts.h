/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partitions of the disk, as they were told of by BLKPG. Source: linux/blkpg.h. */
#ifndef NATIVE_SHIM_PARTS_H
#define NATIVE_SHIM_PARTS_H

#include "shared.h"

#include <linux/blkpg.h>

/* The one of that number, or NULL. */
const struct shared_part *shim_part(const struct shared *shared, int number);

/* The number in a name "/dev/sdaNUMBER", of one that is there; 0: "/dev/sda", the whole disk; -1:
 * it is none of these. What follows in "NAME@BYTES" is told apart: it begins so far in there. */
int shim_parse_name(const struct shared *shared, const char *path, uint64_t *ret_skip_bytes);

/* As ioctl(2): BLKPG_ADD_PARTITION and BLKPG_RESIZE_PARTITION, of a disk of that size. */
int shim_tell_parts(struct shared *shared, uint64_t disk_bytes,
		    const struct blkpg_ioctl_arg *argument);

#endif
