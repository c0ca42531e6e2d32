/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host reads of the image before it compares the log with it. */
#include "grow.h"

#include "host/image/source.h"
#include "host/image/truncated.h"

/* The write set of the image, whose table the source reads. */
static int make_write_set(struct grow *grow, const struct table_source *source)
{
	const struct grow_options *options = grow->options;
	struct write_request request = { .size_after_bytes = grow->size_after_bytes,
					 .partition = options->partition,
					 .repairs_all = options->repair == REPAIR_ALL,
					 .partition_only = options->partition_only };

	return write_set_make(source, &request, &grow->disks.set);
}

void grow_note_sectors(struct grow *grow)
{
	struct grow_disks *disks = &grow->disks;
	struct table_source source = image_source(&grow->image);
	struct block_source context;
	struct fault ignored;

	disks->sector_bytes = TABLE_SECTOR_BYTES;
	if (grow->image.format != IMAGE_RAW) {
		if (block_open(&disks->block, "image", &disks->image, &ignored) < 0)
			return;
		source = block_source(&context, &disks->image);
	}
	disks->sector_bytes = table_sector_bytes(&source);
}

int grow_note_image(struct grow *grow, struct fault *fault)
{
	struct grow_disks *disks = &grow->disks;
	struct block_source context;
	struct table_source source;
	struct fault ignored;

	if (disks->known ||
	    (!disks->image.nbd && block_open(&disks->block, "image", &disks->image, &ignored) < 0))
		return 0;
	source = block_source(&context, &disks->image);
	if (!grow->options->allow_truncated &&
	    truncated_check(&source, grow->image.path, fault) < 0)
		return -1;
	if (make_write_set(grow, &source) < 0)
		return 0;
	disks->superblock_at =
		marks_superblock_at(&disks->image, write_set_target_at_bytes(&disks->set));
	disks->known =
		marks_take(&disks->image, disks->superblock_at, &disks->image_marks, &ignored) == 0;
	if (!disks->known)
		write_set_close(&disks->set);
	return 0;
}
