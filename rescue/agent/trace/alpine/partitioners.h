/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs with which people write a partition table by hand. Both make the
 * kernel read the whole table again. */
#ifndef ALPINE_PARTITIONERS_H
#define ALPINE_PARTITIONERS_H

#include "agent/partition/plan.h"

/* Can the table be written again here? Not that of a disk without one, nor one with an extended
 * partition. Fault: table-not-mbr. */
int partitioners_check(const struct partition_table *table, struct fault *fault);

/* Delete the plan's partition and make it anew, with the same number and start,
 * up to the end of the disk: the keys of busybox fdisk. Fault: disk-io. */
int partitioners_fdisk(const char *disk_path, const struct partition_table *table,
		       const struct plan *plan, struct fault *fault);

/* Make it as large as it can be: sfdisk of util-linux. Fault: disk-io. */
int partitioners_sfdisk(const char *disk_path, const struct plan *plan, struct fault *fault);

#endif
