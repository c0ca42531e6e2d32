/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"

#include "host/image/source.h"

int block_look(const struct image *image, const char *work_folder, const struct programs *programs,
	       int (*look)(void *context, const struct table_source *source), void *context,
	       struct fault *fault)
{
	struct block_files files = { .image = image, .work_folder = work_folder };
	struct table_source source = image_source((struct image *)image);
	struct block_disk disk = { 0 };
	struct block block = { 0 };
	struct block_source of_block;
	int result = -1;

	if (image->format == IMAGE_RAW)
		return look(context, &source);
	if (block_start(&block, &files, programs, fault) == 0 &&
	    block_open(&block, "image", &disk, fault) == 0) {
		source = block_source(&of_block, &disk);
		result = look(context, &source);
	}
	block_disk_close(&disk);
	block_close(&block);
	return result;
}
