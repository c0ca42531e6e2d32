/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "truncated.h"

#include "base/text.h"
#include "table/mbr.h"

#include <inttypes.h>

int truncated_check(const struct table_source *disk, const char *name, struct fault *fault)
{
	char has[TEXT_SIZE_CHARS], needs[TEXT_SIZE_CHARS];
	struct table table;
	uint64_t needed_bytes;

	if (table_read(disk, &table) != TABLE_GOOD)
		return 0;
	for (size_t i = 0; i < table.parts.count; i++)
		if (table.parts.parts[i].type == MBR_TYPE_PROTECTS_GPT)
			return 0; /* its size is a formality */
	needed_bytes = table_needs_sectors(&table.parts) * table.sector_bytes;
	if (needed_bytes <= disk->size_bytes)
		return 0;
	fault_set(fault, REASON_IMAGE_TRUNCATED,
		  "%.200s has %s, but its partitions reach to %s: %" PRIu64 " bytes are missing",
		  name, text_of_size(has, disk->size_bytes), text_of_size(needs, needed_bytes),
		  needed_bytes - disk->size_bytes);
	return fault_hint(fault, "Copy or download it again; if the missing part does not matter, "
				 "use --allow-truncated");
}
