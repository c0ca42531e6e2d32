/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host reads of the image before it compares the log with it. */
#include "grow.h"

#include "host/image/source.h"
#include "host/image/truncated.h"

/* The partition that only the content of the disk tells, which the host does not read: by the
 * guest's word. false: it has not spoken yet. */
static bool take_guests_choice(const struct grow *grow, struct write_request *request)
{
	const json_t *plan = vm_event(&grow->machines.grower.vm, "plan");

	request->partition = (unsigned)json_integer_value(json_object_get(plan, "partition"));
	return plan != NULL;
}

/* The write set of the image, whose table the source reads. */
static int make_write_set(struct grow *grow, const struct table_source *source)
{
	const struct grow_options *options = grow->options;
	struct write_request request = { .size_after_bytes = grow->size_after_bytes,
					 .leave_bytes = options->leave_bytes,
					 .partition = options->partition,
					 .repairs_all = options->repair == REPAIR_ALL,
					 .partition_only = options->partition_only,
					 .move_swap = options->move_swap };

	switch (options->partition_by) {
	case PARTITION_BY_NUMBER:
		break;
	case PARTITION_BY_PARTUUID:
		request.part_uuid = options->partition_value;
		break;
	case PARTITION_BY_PARTLABEL:
		request.part_label = options->partition_value;
		break;
	case PARTITION_BY_ROOT:
	case PARTITION_BY_LABEL:
	case PARTITION_BY_UUID:
		if (!take_guests_choice(grow, &request))
			return -1;
	}
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

int grow_check_chosen(const struct grow *grow, struct fault *fault)
{
	const json_t *plan = vm_event(&grow->machines.grower.vm, "plan");
	const json_int_t told = json_integer_value(json_object_get(plan, "partition"));

	if (!plan || !grow->disks.known || told == (json_int_t)grow->disks.set.target.number)
		return 0;
	fault_set(fault, REASON_NOT_VERIFIED,
		  "The virtual machine reports partition %lld, but had to grow partition %u",
		  (long long)told, grow->disks.set.target.number);
	return fault_hint(fault, "Please report it");
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
	    truncated_check(&source, source.size_bytes, grow->image.path, fault) < 0)
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
