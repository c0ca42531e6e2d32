/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "truncated.h"

#include "base/text.h"
#include "table/mbr.h"

#include <inttypes.h>

int truncated_check(const uint8_t first_sector[TABLE_SECTOR_BYTES], uint64_t size_bytes,
		    const char *name, struct fault *fault)
{
	char has[TEXT_SIZE_CHARS], needs[TEXT_SIZE_CHARS];
	struct table_parts parts;
	uint64_t needed_bytes;

	if (table_mbr.read(first_sector, &parts) < 0)
		return 0;
	for (size_t i = 0; i < parts.count; i++)
		if (parts.parts[i].type == MBR_TYPE_PROTECTS_GPT)
			return 0; /* its size is a formality */
	needed_bytes = table_needs_sectors(&parts) * TABLE_SECTOR_BYTES;
	if (needed_bytes <= size_bytes)
		return 0;
	fault_set(fault, REASON_IMAGE_TRUNCATED,
		  "%.200s has %s, but its partitions reach to %s: %" PRIu64 " bytes are missing",
		  name, text_of_size(has, size_bytes), text_of_size(needs, needed_bytes),
		  needed_bytes - size_bytes);
	return fault_hint(fault, "Copy or download it again. If what is missing does not matter: "
				 "--allow-truncated");
}
