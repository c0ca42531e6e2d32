/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rescue.h"

#include "host/block/block.h"
#include "host/image/source.h"

/* Through the block service, which is there for that alone. */
static uint32_t read_qcow2(struct rescue *rescue)
{
	struct block_files files = { .image = &rescue->image, .work_folder = rescue->work.folder };
	uint32_t sector_bytes = TABLE_SECTOR_BYTES;
	struct block_disk disk = { 0 };
	struct block block = { 0 };
	struct block_source context;
	struct fault ignored;

	if (block_start(&block, &files, &rescue->programs, &ignored) == 0 &&
	    block_open(&block, "image", &disk, &ignored) == 0) {
		struct table_source source = block_source(&context, &disk);

		sector_bytes = table_sector_bytes(&source);
	}
	block_disk_close(&disk);
	block_close(&block);
	return sector_bytes;
}

uint32_t rescue_sector_bytes(struct rescue *rescue)
{
	struct table_source source = image_source(&rescue->image);

	return rescue->image.format == IMAGE_RAW ? table_sector_bytes(&source) : read_qcow2(rescue);
}
