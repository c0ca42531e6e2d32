/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libfdisk: the only file that uses it is fdisk.c. It reads and writes an MBR; of a GPT it
 * is asked what it reads, as a second opinion. */
#ifndef PARTITION_FDISK_H
#define PARTITION_FDISK_H

#include "agent/disk.h"
#include "base/fault.h"
#include "plan.h"

/* Read label, disk_id and entries of the table of that kind ("dos", "gpt"), of at most
 * slots_max slots; partitions in further slots are counted as logical ones. The caller frees
 * the table. Faults: table-not-mbr (none, or another kind, named), table-invalid, disk-io,
 * no-memory. */
int fdisk_table_read(const struct disk *disk, const char *label, size_t slots_max,
		     struct partition_table *ret_table, struct fault *fault);

/* Give an entry of an MBR its new size. Other bytes of the first sector may change: the
 * caller compares. Faults: disk-io, internal. */
int fdisk_table_resize(const struct disk *disk, const struct plan *plan, struct fault *fault);

/* Does libfdisk find no error in the table, in either copy of a GPT? Fault: internal. */
int fdisk_table_verify(const struct disk *disk, struct fault *fault);

/* libfdisk's version. Static storage. */
const char *fdisk_library_version(void);

#endif
