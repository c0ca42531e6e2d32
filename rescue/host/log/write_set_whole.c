/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "produce.h"

/* All of the disk but what belongs to a boot loader. */
int produce_whole(const struct table_source *before, const struct table *table,
		  const struct write_request *request, struct write_set *ret_set)
{
	const struct table_part *target =
		produce_target(before, &table->parts, request, table->sector_bytes);

	if (!target || request->partition_only || request->leave_bytes != 0 ||
	    request->size_after_bytes < table_end_lba(target) * TABLE_SECTOR_BYTES)
		return -1;
	ret_set->target = *target;
	ret_set->target_end_lba = request->size_after_bytes / TABLE_SECTOR_BYTES;
	produce_range(ret_set,
		      (struct write_range){ .at = target->boot_bytes,
					    .bytes = request->size_after_bytes - target->boot_bytes,
					    .kind = WRITE_ANYTHING });
	return 0;
}
