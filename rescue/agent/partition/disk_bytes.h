/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of the whole disk, for the kinds of table. */
#ifndef PARTITION_DISK_BYTES_H
#define PARTITION_DISK_BYTES_H

#include "agent/disk.h"
#include "base/fault.h"
#include "table/table.h"

#include <stddef.h>

/* Read or write all of these bytes; what names them in the fault: "the first sector". A
 * write is not flushed. Fault: disk-io. */
int disk_bytes_read(const struct disk *disk, uint64_t at_bytes, void *bytes, size_t size_bytes,
		    const char *what, struct fault *fault);
int disk_bytes_write(const struct disk *disk, uint64_t at_bytes, const void *bytes,
		     size_t size_bytes, const char *what, struct fault *fault);
int disk_bytes_flush(const struct disk *disk, struct fault *fault);

/* Forget what the kernel keeps of the disk in memory. The disk and its partitions have
 * caches of their own, in blocks larger than a sector: writing the table from a stale one
 * would put back what e2fsck has changed in a partition that begins right after it. */
void disk_bytes_forget(const struct disk *disk);

/* The disk as a source of a table; it must outlive it. */
struct table_source disk_bytes_source(const struct disk *disk);

#endif
