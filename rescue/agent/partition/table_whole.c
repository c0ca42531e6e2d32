/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No table: the disk is the only part there is, and nothing tells its size but the disk. */
#include "kind.h"
#include "table/whole.h"

#include <stdlib.h>
#include <string.h>

static int read_table(const struct disk *disk, bool may_repair, struct partition_table *ret_table,
		      struct fault *fault)
{
	uint64_t size_bytes = disk->size_before_bytes ? disk->size_before_bytes : disk->size_bytes;
	struct partition_table table = { .label = "none",
					 .disk_sectors = disk->size_bytes / disk->sector_bytes,
					 .sector_bytes = disk->sector_bytes,
					 .grain_sectors = 1,
					 .count = 1 };

	(void)may_repair;
	table.entries = calloc(1, sizeof(*table.entries));
	if (!table.entries)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the partition table");
	table.entries[0] =
		(struct table_entry){ .part.number = WHOLE_NUMBER,
				      .part.size_sectors = size_bytes / disk->sector_bytes };
	*ret_table = table;
	return 0;
}

static int write_table(const struct disk *disk, const struct plan *plan, bool may_repair,
		       struct fault *fault)
{
	(void)disk, (void)plan, (void)may_repair, (void)fault;
	return 0;
}

const struct table_kind table_kind_whole = { &table_whole, read_table, write_table };
