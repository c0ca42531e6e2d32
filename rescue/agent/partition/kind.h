/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interface of a kind of partition table; table.c has the list of them. */
#ifndef PARTITION_KIND_H
#define PARTITION_KIND_H

#include "agent/disk.h"
#include "base/fault.h"
#include "plan.h"
#include "table/table.h"

struct table_kind {
	const struct table_ops *ops; /* whose table it reads and writes */

	/* See partition_table_read and partition_table_write (table.h). */
	int (*read)(const struct disk *disk, bool may_repair, struct partition_table *ret_table,
		    struct fault *fault);
	int (*write)(const struct disk *disk, const struct plan *plan, bool may_repair,
		     struct fault *fault);
};

extern const struct table_kind table_kind_mbr, table_kind_gpt, table_kind_whole;

#endif
