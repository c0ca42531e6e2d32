/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partition table on the disk. The only room that uses libfdisk, and the
 * only one that writes a sector outside the target partition. */
#ifndef PARTITION_TABLE_H
#define PARTITION_TABLE_H

#include "agent/disk.h"
#include "base/fault.h"
#include "plan.h"

/* Read the table of an open disk. Faults: table-not-mbr (none, GPT or another
 * kind, named), disk-io. Source: libfdisk fdisk_get_partitions(3). */
int table_read(const struct disk *disk, struct table *ret_table, struct fault *fault);

/* Give the plan's entry its new size. Start LBA, number, type, boot flag, disk
 * signature and boot code stay; the first sector is compared with what it was
 * and put back if anything but the entry's size and CHS fields differs. The start CHS
 * stays, the end CHS follows chs.h.
 * Faults: disk-io, internal. */
int table_write(const struct disk *disk, const struct plan *plan, struct fault *fault);

/* Tell the kernel the new size, without taking the partition away (a re-read
 * of the table would: five uevents and a race). Source: linux/blkpg.h,
 * BLKPG_RESIZE_PARTITION. Nothing to do for an image file. */
int table_tell_kernel(const struct disk *disk, const struct plan *plan, struct fault *fault);

/* libfdisk's version. Static storage. */
const char *table_library_version(void);

#endif
