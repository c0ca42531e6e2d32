/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rescue.h"

#include "host/block/block.h"

static int look(void *context, const struct table_source *source)
{
	*(uint32_t *)context = table_sector_bytes(source);
	return 0;
}

uint32_t rescue_sector_bytes(struct rescue *rescue)
{
	uint32_t sector_bytes = TABLE_SECTOR_BYTES;
	struct fault ignored;

	(void)block_look(&rescue->image, rescue->work.folder, &rescue->programs, look,
			 &sector_bytes, &ignored);
	return sector_bytes;
}
