/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last stages: the log is compared with the image, and becomes the image. */
#include "grow.h"

#include "base/io.h"
#include "host/image/device.h"

#include <inttypes.h>
#include <string.h>

/* The log as the machine left it: of the right kind, and exported. */
static int open_log(struct grow *grow, struct fault *fault)
{
	struct grow_disks *disks = &grow->disks;
	struct block_files files = grow_block_files(grow);
	struct qcow2_header header;
	const char *wrong;

	if (log_check(&grow->log, false, &header, &wrong, fault) < 0)
		return -1;
	if (wrong)
		return fence_breach(fault, "the log itself (%s)", wrong);
	if (block_add_log(&disks->block, &files, fault) < 0)
		return -1;
	return block_open(&disks->block, "log", &disks->log, fault);
}

/* What could not be read while the machine worked is a fault now. */
static int know_image(struct grow *grow, struct fault *fault)
{
	struct grow_disks *disks = &grow->disks;
	struct block_source context;
	struct table_source source;
	struct table table;

	if (grow_note_image(grow, fault) < 0)
		return -1;
	if (disks->known)
		return 0;
	if (!disks->image.nbd && block_open(&disks->block, "image", &disks->image, fault) < 0)
		return -1;
	source = block_source(&context, &disks->image);
	if (table_read(&source, &table) == TABLE_UNREADABLE)
		return block_source_fault(&context, fault);
	return fence_breach(fault, "there is no partition to grow in the table of the image");
}

static uint64_t number(const json_t *event, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(event, name));
}

/* What the guest told, and the result repeats, is what the disk says. */
static int check_told(struct grow *grow, struct fault *fault)
{
	const json_t *plan = vm_event(&grow->machines.grower.vm, "plan");
	const struct write_set *set = &grow->disks.set;
	const struct table_part *target, *before = &set->target;
	struct table table;

	if (fence_read_table(&grow->disks.log, set, &table, fault) < 0)
		return -1;
	if (fence_check_moved(&grow->disks.log, set, &table, fault) < 0)
		return -1;
	target = table_choose(&table.parts, before->number);
	if (target && number(plan, "swap_partition") == set->moved.number &&
	    number(plan, "swap_to_lba") == set->moved.start_lba &&
	    number(plan, "partition") == target->number &&
	    number(plan, "start_lba") == target->start_lba &&
	    number(plan, "sector_bytes") == table.sector_bytes &&
	    number(plan, "sectors_after") == target->size_sectors)
		return 0;
	fault_set(
		fault, REASON_NOT_VERIFIED,
		"The virtual machine reports partition %" PRIu64 " at LBA %" PRIu64 " with %" PRIu64
		" sectors, and the disk has partition %u at LBA %" PRIu64 " with %" PRIu64,
		number(plan, "partition"), number(plan, "start_lba"), number(plan, "sectors_after"),
		before->number, before->start_lba, target ? target->size_sectors : 0);
	return fault_hint(fault, "Please report it");
}

static int nothing_changed(struct grow *grow, struct fault *fault)
{
	grow->over = true;
	if (grow->size_after_bytes == grow->image.size_bytes)
		return 0;
	fault_set(fault, REASON_NOT_VERIFIED,
		  "The virtual machine reports nothing to do, but the disk should have grown");
	return fault_hint(fault, "Please report it");
}

static int compare(struct grow *grow, struct fault *fault)
{
	struct grow_disks *disks = &grow->disks;

	if (know_image(grow, fault) < 0 || open_log(grow, fault) < 0)
		return -1;
	grow->result.marks_before = &disks->image_marks;
	if (fence_compare(&disks->image, &disks->log, &disks->set, grow->size_after_bytes,
			  &grow->result.fence, fault) < 0 ||
	    marks_take(&disks->log, disks->superblock_at, &disks->log_marks, fault) < 0)
		return -1;
	grow->result.marks_after = &disks->log_marks;
	if (grow->image.is_device &&
	    closing_find(&disks->image, &disks->log, disks->set.table != &table_whole,
			 disks->superblock_at, &disks->closing, fault) < 0)
		return -1;
	return check_told(grow, fault);
}

int grow_compare(struct grow *grow, struct fault *fault)
{
	int64_t begun_ms = clock_ms();
	int result;

	if (!json_is_true(json_object_get(vm_event(&grow->machines.grower.vm, "done"), "changed")))
		return nothing_changed(grow, fault);
	console_stage(&grow->console, "comparing the log with the image", -1);
	if (image_check_mark(&grow->image, fault) < 0)
		return -1;
	result = compare(grow, fault);
	grow->result.fence_ms = clock_ms() - begun_ms;
	/* The daemon must not have the files open while they are committed. */
	block_disk_close(&grow->disks.image);
	block_disk_close(&grow->disks.log);
	block_close(&grow->disks.block);
	grow->disks.started = false;
	return result;
}

void grow_show_percent(void *context, int percent)
{
	const struct grow *grow = context;

	if (grow->console.redraws)
		console_stage(&grow->console, "committing", percent);
}

static struct ticket_facts facts_of(const struct grow *grow)
{
	const struct grow_disks *disks = &grow->disks;
	struct ticket_facts facts = {
		.format = grow->image.format,
		.size_before_bytes = grow->image.size_bytes,
		.size_after_bytes = grow->size_after_bytes,
		.superblock_at = disks->superblock_at,
		.closing = disks->closing,
	};
	const struct marks *marks[] = { &disks->image_marks, &disks->log_marks };

	for (int i = 0; i < 2; i++) {
		strcpy(facts.sector_sum[i], marks[i]->sector);
		for (int half = 0; half < 2; half++)
			strcpy(facts.superblock_sum[i][half], marks[i]->superblock[half]);
	}
	return facts;
}

int grow_commit(struct grow *grow, struct fault *fault)
{
	int64_t begun_ms = clock_ms();

	if (device_check_alone(&grow->image, fault) < 0 ||
	    room_for_commit(&grow->image, grow->log.path, fault) < 0)
		return -1;
	grow->commit = (struct commit){ .image = &grow->image,
					.log = &grow->log,
					.facts = facts_of(grow),
					.programs = &grow->programs,
					.work_folder = grow->work.folder,
					.on_percent = grow_show_percent,
					.context = grow };
	if (commit_verify(&grow->commit, fault) < 0)
		return -1;
	console_stage(&grow->console, "committing", -1);
	if (commit_run(&grow->commit, fault) < 0)
		return -1;
	grow->result.changed = true;
	grow->result.commit_ms = clock_ms() - begun_ms;
	return 0;
}
