/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums by which a later run recognises a disk. Every use of the disk changes one of them: the
 * first sector and the superblock of the target. */
#ifndef LOG_MARKS_H
#define LOG_MARKS_H

#include "checksum.h"
#include "host/block/block.h"
#include "table/table.h"

/* The superblock in two halves: a commit whose power was cut may have written one sector. */
struct marks {
	char boot_code[CHECKSUM_CHARS + 1];
	char sector[CHECKSUM_CHARS + 1];
	char superblock[2][CHECKSUM_CHARS + 1];
	uint8_t first_sector[TABLE_SECTOR_BYTES]; /* as it was read */
};

/* Where on the disk the superblock is of what a partition holds, by the marks of xfs,
 * btrfs, LVM and LUKS; else as of ext2/3/4, also where nothing can be read. */
uint64_t marks_superblock_at(struct block_disk *disk, uint64_t partition_at_bytes);

/* Read them. superblock_at_bytes: on the disk. */
int marks_take(struct block_disk *disk, uint64_t superblock_at_bytes, struct marks *ret_marks,
	       struct fault *fault);

#endif
