/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libfdisk: the only file that uses it is fdisk.c. It reads, and gives a second opinion on what
 * was written; nothing is written by it. */
#ifndef PARTITION_FDISK_H
#define PARTITION_FDISK_H

#include "agent/disk.h"
#include "base/fault.h"
#include "plan.h"

/* Read label, disk_id and entries of the table of that kind ("dos", "gpt"). The caller frees the
 * table. Faults: table-not-mbr (none, or another kind, named), table-invalid, disk-io,
 * no-memory. */
int fdisk_table_read(const struct disk *disk, const char *label, struct partition_table *ret_table,
		     struct fault *fault);

/* Does libfdisk find no error in the table, in either copy of a GPT? Fault: internal. */
int fdisk_table_verify(const struct disk *disk, struct fault *fault);

/* libfdisk's version. Static storage. */
const char *fdisk_library_version(void);

#endif
