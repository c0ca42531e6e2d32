/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep.h"

#include "base/cleanup.h"
#include "fence.h"
#include "host/block/block.h"
#include "host/image/dependents.h"
#include "host/image/detect.h"
#include "host/image/room.h"
#include "host/image/truncated.h"
#include "recover.h"
#include "table/table.h"

#include <string.h>

#define DISK_MIN_BYTES 2048 /* a table and something behind it */

int keep_finish_earlier(struct keep *keep, bool allow_backing, struct fault *fault)
{
	struct commit commit = { .image = keep->image,
				 .log = keep->log,
				 .programs = keep->programs };

	if (recover_open(&commit, allow_backing, keep->work_folder, fault) < 0 ||
	    (keep->log->ticket.state == TICKET_COMMITTED ? commit_tidy(&commit, fault)
							 : commit_run(&commit, fault)) < 0)
		return -1;
	log_close(keep->log);
	return log_name(keep->log, keep->image, "", NULL, fault);
}

int keep_check_image(const struct keep *keep, struct fault *fault)
{
	if (keep->image->size_bytes < DISK_MIN_BYTES) {
		fault_set(fault, REASON_IMAGE_FORMAT, "%.300s is too small for a disk",
			  keep->image->path);
		return fault_hint(fault, "Look without --write");
	}
	if (keep->image->format == IMAGE_RAW &&
	    truncated_check_end(keep->image->size_bytes, image_file_bytes(keep->image),
				keep->image->path, fault) < 0)
		return -1;
	return dependents_check(keep->image, keep->programs->interrupt, fault);
}

/* The host's view of both disks. */
struct disks {
	struct block block;
	struct block_disk image, log;
};

static int open_disks(const struct keep *keep, struct disks *disks, struct fault *fault)
{
	struct block_files files = { .image = keep->image,
				     .log_path = keep->log->path,
				     .log_fd = keep->log->read_fd,
				     .work_folder = keep->work_folder };
	struct qcow2_header header;
	const char *wrong;

	if (block_start(&disks->block, &files, keep->programs, fault) < 0 ||
	    log_check(keep->log, false, &header, &wrong, fault) < 0)
		return -1;
	if (wrong || header.size_bytes != keep->image->size_bytes)
		return fence_breach(fault, "the log itself (%s)",
				    wrong ? wrong : "the size of the disk");
	if (block_open(&disks->block, "image", &disks->image, fault) < 0 ||
	    block_add_log(&disks->block, &files, fault) < 0)
		return -1;
	return block_open(&disks->block, "log", &disks->log, fault);
}

static void close_disks(struct disks *disks)
{
	block_disk_close(&disks->image);
	block_disk_close(&disks->log);
	block_close(&disks->block);
}

/* By what a later run will know the image: its first sector, and the superblock of its last
 * partition, or of the whole disk. */
static int take_marks(struct disks *disks, struct ticket_facts *facts, struct fault *fault)
{
	struct block_disk *sides[] = { &disks->image, &disks->log };
	struct block_source context;
	struct table_source source = block_source(&context, &disks->image);
	const struct table_part *last;
	struct table table;
	enum table_answer answer;
	struct marks marks;
	uint64_t start_bytes = 0;

	answer = table_read(&source, &table);
	if (answer == TABLE_UNREADABLE)
		return block_source_fault(&context, fault);
	last = answer == TABLE_GOOD ? table_choose(&table.parts, 0) : NULL;
	if (last && last->start_lba < source.size_bytes / table.sector_bytes)
		start_bytes = last->start_lba * table.sector_bytes;
	facts->superblock_at = marks_superblock_at(&disks->image, start_bytes);
	for (int side = 0; side < 2; side++) {
		if (marks_take(sides[side], facts->superblock_at, &marks, fault) < 0)
			return -1;
		strcpy(facts->sector_sum[side], marks.sector);
		for (int half = 0; half < 2; half++)
			strcpy(facts->superblock_sum[side][half], marks.superblock[half]);
	}
	return 0;
}

int keep_look(struct keep *keep, bool *ret_written, struct fault *fault)
{
	cleanup_free struct block_extent *extents = NULL;
	struct disks disks = { 0 };
	size_t count = 0;
	int result = open_disks(keep, &disks, fault);

	keep->facts = (struct ticket_facts){ .format = keep->image->format,
					     .size_before_bytes = keep->image->size_bytes,
					     .size_after_bytes = keep->image->size_bytes };
	if (result == 0)
		result = block_extents(&disks.log, &extents, &count, fault);
	if (result == 0 && count > 0)
		result = take_marks(&disks, &keep->facts, fault);
	close_disks(&disks);
	*ret_written = count > 0;
	return result;
}

int keep_publish(struct keep *keep, struct fault *fault)
{
	struct commit commit = { .image = keep->image,
				 .log = keep->log,
				 .facts = keep->facts,
				 .programs = keep->programs };

	if (image_check_mark(keep->image, fault) < 0 ||
	    room_for_commit(keep->image, keep->log->path, fault) < 0 ||
	    commit_verify(&commit, fault) < 0)
		return -1;
	keep->published = commit_run(&commit, fault) == 0;
	return keep->published ? 0 : -1;
}
