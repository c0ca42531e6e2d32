/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include "base/cleanup.h"
#include "disk_bytes.h"
#include "fdisk.h"
#include "kind.h"
#include "table/gpt.h"

#include <errno.h>
#include <linux/blkpg.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define LARGE_SECTOR_BYTES    4096
#define KERNEL_PARTITIONS_MAX 255 /* DISK_MAX_PARTS - 1 of block/genhd.h */

static const struct table_kind *const kinds[] = { &table_kind_gpt, &table_kind_mbr,
						  &table_kind_whole };

/* What a whole table is, or what the first sector announces; else an MBR, which tells what is
 * wrong. */
static const struct table_kind *find_kind(const struct disk *disk, struct fault *fault)
{
	struct table_source source = disk_bytes_source(disk);
	uint8_t first_sector[TABLE_SECTOR_BYTES];
	struct table table;

	if (disk_bytes_read(disk, 0, first_sector, sizeof(first_sector), "the first sector",
			    fault) < 0)
		return NULL;
	if (gpt_is_protected(first_sector))
		return &table_kind_gpt;
	if (table_read(&source, &table) != TABLE_GOOD)
		return &table_kind_mbr;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i]->ops == table.ops)
			return kinds[i];
	return &table_kind_mbr;
}

int partition_table_read(const struct disk *disk, bool may_repair,
			 struct partition_table *ret_table, struct fault *fault)
{
	const struct table_kind *kind;

	disk_bytes_forget(disk);
	kind = find_kind(disk, fault);
	return kind ? kind->read(disk, may_repair, ret_table, fault) : -1;
}

int partition_table_write(const struct disk *disk, const struct plan *plan, bool may_repair,
			  struct fault *fault)
{
	const struct table_kind *kind;

	disk_bytes_forget(disk);
	kind = find_kind(disk, fault);
	return kind ? kind->write(disk, plan, may_repair, fault) : -1;
}

int partition_table_move_swap(const struct disk *disk, const struct plan *plan, struct fault *fault)
{
	const uint64_t from = plan->move.from_lba * plan->sector_bytes;
	const uint64_t to = from + plan->move.shift_sectors * plan->sector_bytes;
	cleanup_free uint8_t *header = malloc(plan->move.header_bytes);

	if (!header)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for a header of swap");
	if (disk_bytes_read(disk, from, header, plan->move.header_bytes, "the swap", fault) < 0 ||
	    disk_bytes_write(disk, to, header, plan->move.header_bytes, "the swap", fault) < 0)
		return -1;
	return disk_bytes_flush(disk, fault);
}

/* ENXIO: it does not know it. */
static void forget(const struct disk *disk, unsigned number)
{
	struct blkpg_partition partition = { .pno = (int)number };
	struct blkpg_ioctl_arg argument = { .op = BLKPG_DEL_PARTITION,
					    .datalen = sizeof(partition),
					    .data = &partition };

	if (!disk->is_file && number != 0)
		(void)ioctl(disk->fd, BLKPG, &argument);
}

static int tell(const struct disk *disk, const struct plan *plan, int operation,
		uint64_t size_sectors)
{
	struct blkpg_partition partition = {
		.start = (long long)(plan->start_lba * plan->sector_bytes),
		.length = (long long)(size_sectors * plan->sector_bytes),
		.pno = (int)plan->number,
	};
	struct blkpg_ioctl_arg argument = { .op = operation,
					    .datalen = sizeof(partition),
					    .data = &partition };

	/* Of a file, or a disk without a table, the kernel knows no partitions. */
	return disk->is_file || plan->number == 0 ? 0 : ioctl(disk->fd, BLKPG, &argument);
}

int partition_table_tell_kernel(const struct disk *disk, const struct plan *plan,
				struct fault *fault)
{
	if (plan_moves(plan)) {
		forget(disk, plan->move.number);
		forget(disk, plan->move.container);
	}
	if (tell(disk, plan, BLKPG_RESIZE_PARTITION, plan->sectors_after) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "the kernel did not take the new size of partition %u",
				       plan->number);
	return 0;
}

int partition_table_add_to_kernel(const struct disk *disk, const struct plan *plan,
				  struct fault *fault)
{
	if (!disk->is_file && plan->number > KERNEL_PARTITIONS_MAX)
		return fault_set(
			fault, REASON_TABLE_INVALID,
			"partition %u has a number above %u, so Linux has no device for it",
			plan->number, KERNEL_PARTITIONS_MAX);
	/* EBUSY: it knows it. Whoever needs the node waits for it, and tells. */
	(void)tell(disk, plan, BLKPG_ADD_PARTITION, plan->sectors_before);
	return 0;
}

uint32_t partition_table_sector_bytes(const struct disk *disk)
{
	struct table_source source = disk_bytes_source(disk);
	cleanup_gpt_copy struct gpt_copy small = { 0 }, large = { 0 };

	return gpt_copy_read(&source, TABLE_SECTOR_BYTES, GPT_HEADER_LBA, &small) != TABLE_GOOD &&
			       gpt_copy_read(&source, LARGE_SECTOR_BYTES, GPT_HEADER_LBA, &large) ==
				       TABLE_GOOD
		       ? LARGE_SECTOR_BYTES
		       : disk->sector_bytes;
}

const char *partition_table_library_version(void)
{
	return fdisk_library_version();
}
