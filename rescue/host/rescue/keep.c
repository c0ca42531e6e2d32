/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of the log: thrown away, asked about, or kept. It is kept in the way that
 * grow-disk has, but without a fence: whoever sat at the shell may have changed everything. */
#include "rescue.h"

#include "base/cleanup.h"
#include "host/block/block.h"
#include "host/image/room.h"
#include "host/log/fence.h"
#include "table/table.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The host's view of both disks. */
struct disks {
	struct block block;
	struct block_disk image, log;
};

static int open_disks(struct rescue *rescue, struct disks *disks, struct fault *fault)
{
	struct block_files files = { .image = &rescue->image,
				     .log_path = rescue->log.path,
				     .log_fd = rescue->log.read_fd,
				     .work_folder = rescue->work.folder };
	struct qcow2_header header;
	const char *wrong = log_check(&rescue->log, false, &header);

	if (block_start(&disks->block, &files, &rescue->programs, fault) < 0)
		return -1;
	if (wrong || header.size_bytes != rescue->image.size_bytes)
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

static bool user_says_yes(const struct rescue *rescue)
{
	char answer[16] = "";

	if (rescue->options->yes)
		return true;
	fputs("Keep the changes? [y/N] ", stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		fputc('\n', stderr);
	answer[strcspn(answer, "\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

static int publish(struct rescue *rescue, const struct ticket_facts *facts, struct fault *fault)
{
	const char *folder = rescue->image.folder;

	if (image_check_mark(&rescue->image, fault) < 0 ||
	    room_need(folder, folder, room_taken(rescue->log.path) + (UINT64_C(1) << 20), fault) <
		    0)
		return -1;
	rescue->commit = (struct commit){ .image = &rescue->image,
					  .log = &rescue->log,
					  .facts = *facts,
					  .programs = &rescue->programs };
	if (commit_verify(&rescue->commit, fault) < 0 || commit_run(&rescue->commit, fault) < 0)
		return -1;
	console_say(&rescue->console, "changes kept in the image");
	return 0;
}

static int look_and_publish(struct rescue *rescue, struct fault *fault)
{
	struct ticket_facts facts = { .format = rescue->image.format,
				      .size_before_bytes = rescue->image.size_bytes,
				      .size_after_bytes = rescue->image.size_bytes };
	cleanup_free struct block_extent *extents = NULL;
	struct disks disks = { 0 };
	size_t count = 0;
	int result = open_disks(rescue, &disks, fault);

	if (result == 0)
		result = block_extents(&disks.log, &extents, &count, fault);
	if (result == 0 && count > 0)
		result = take_marks(&disks, &facts, fault);
	close_disks(&disks);
	if (result < 0)
		return -1;
	if (count == 0)
		console_say(&rescue->console,
			    "nothing was written to the disk: the image is unchanged");
	else if (user_says_yes(rescue))
		return publish(rescue, &facts, fault);
	else
		console_say(&rescue->console, "changes discarded: the image is unchanged");
	return 0;
}

int rescue_keep(struct rescue *rescue, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	bool command = options->command[0] != '\0';
	int result = 0;

	if (options->write && command && rescue->exit_status != 0)
		console_say(&rescue->console,
			    "the command failed (status %d): its changes are discarded",
			    rescue->exit_status);
	else if (options->write)
		result = look_and_publish(rescue, fault);
	if (!command)
		rescue->exit_status = 0;
	return result;
}
