/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on a disk or a partition. The only file that uses libblkid. */
#ifndef DEVICES_PROBE_H
#define DEVICES_PROBE_H

#include "agent/disk.h"
#include "base/fault.h"

#define PROBE_TYPE_BYTES 32

/* What libblkid tells of a content; each empty where it tells none. */
struct probe_names {
	char type[PROBE_TYPE_BYTES];
	char label[256];
	char uuid[64];
};

/* Is the disk, as a whole, also something else than a partitioned disk? A
 * first sector can pass for a table while the disk is one file system, and FAT,
 * exFAT and NTFS boot sectors parse as nonsense tables: writing there would
 * destroy data. Faults: table-ambiguous, disk-io. */
int probe_disk(const struct disk *disk, struct fault *fault);

/* The type of what fills that part of the disk, as libblkid names it ("ext4",
 * "xfs", "crypto_LUKS"); empty when nothing is known. Faults: fs-ambiguous,
 * disk-io. */
int probe_partition(const struct disk *disk, uint64_t start_bytes, uint64_t size_bytes,
		    char ret_type[PROBE_TYPE_BYTES], struct fault *fault);

/* The names of what fills that part of the disk; all empty where that is ambiguous. Fault:
 * disk-io. */
int probe_names(const struct disk *disk, uint64_t start_bytes, uint64_t size_bytes,
		struct probe_names *ret_names, struct fault *fault);

#endif
