/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interface of a kind of partition table; table.c has the list of them. */
#ifndef PARTITION_KIND_H
#define PARTITION_KIND_H

#include "agent/disk.h"
#include "base/fault.h"
#include "plan.h"

struct table_kind {
	/* Is it what the first sector announces? The last kind of the list takes any. */
	bool (*is_announced)(const uint8_t *first_sector);

	/* See partition_table_read and partition_table_write (table.h). */
	int (*read)(const struct disk *disk, bool may_repair, struct partition_table *ret_table,
		    struct fault *fault);
	int (*write)(const struct disk *disk, const struct plan *plan, bool may_repair,
		     struct fault *fault);
};

extern const struct table_kind table_kind_mbr, table_kind_gpt;

#endif
