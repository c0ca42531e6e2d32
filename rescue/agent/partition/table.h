/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partition table on the disk. The only room that uses libfdisk, and the
 * only one that writes a sector outside the target partition. */
#ifndef PARTITION_TABLE_H
#define PARTITION_TABLE_H

#include "agent/disk.h"
#include "base/fault.h"
#include "plan.h"

/* Read the table of an open disk; the caller frees it. may_repair: a GPT whose primary copy
 * is damaged is read from its backup. Faults: table-not-mbr (none or another kind, named),
 * table-damaged, table-invalid, disk-io, no-memory. Sources: table/gpt.h; libfdisk
 * fdisk_get_partitions(3). */
int partition_table_read(const struct disk *disk, bool may_repair,
			 struct partition_table *ret_table, struct fault *fault);

/* Give the plan's entry its new size, and a GPT its place on the disk as it is now. Number,
 * start LBA, type, names, disk id and boot code stay.
 * Of an MBR, seven bytes of the entry change: size and end CHS, which follows chs.h; and
 * of the container of a logical partition, if it has to grow with it.
 * Of a GPT, gpt_change.h says which bytes become what; libfdisk verifies the result.
 * Faults: disk-io, internal, and those of partition_table_read. */
int partition_table_write(const struct disk *disk, const struct plan *plan, bool may_repair,
			  struct fault *fault);

/* May that partition move? Not if a hybrid MBR would say afterwards that it lies where it was.
 * Faults: no-room-behind, disk-io. */
int partition_table_check_move(const struct disk *disk, const struct partition_table *table,
			       const struct plan_move *move, struct fault *fault);

/* Copy the header of the swap that the plan moves to its new place: all that it holds. Fault:
 * disk-io. */
int partition_table_move_swap(const struct disk *disk, const struct plan *plan,
			      struct fault *fault);

/* Tell the kernel the new size, without taking the partition away (a re-read
 * of the table would: five uevents and a race). Source: linux/blkpg.h,
 * BLKPG_RESIZE_PARTITION. What moves is in its way, and it forgets that.
 * Nothing to do for an image file. */
int partition_table_tell_kernel(const struct disk *disk, const struct plan *plan,
				struct fault *fault);

/* Tell the kernel of the partition as it is now, where it does not know it: it reads no
 * GPT whose primary copy is damaged, nor one with entries larger than 128 bytes. Fault:
 * table-invalid (a number for which it has no device). */
int partition_table_add_to_kernel(const struct disk *disk, const struct plan *plan,
				  struct fault *fault);

/* The size of a logical sector of an image file, which no device tells: the one by which
 * its GPT is whole, or what the disk says now. */
uint32_t partition_table_sector_bytes(const struct disk *disk);

/* libfdisk's version. Static storage. */
const char *partition_table_library_version(void);

#endif
