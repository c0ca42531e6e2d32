/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read a partition table from its bytes, on either side: pure, no I/O. Whoever changes a
 * table, or judges a change, does that elsewhere. */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_SECTOR_BYTES 512
#define TABLE_PARTS_MAX	   4

/* A used entry. Numbers of sectors are logical sectors of TABLE_SECTOR_BYTES. */
struct table_part {
	unsigned number; /* from 1 */
	uint64_t start_lba;
	uint64_t size_sectors;
	unsigned type;
};

struct table_parts {
	size_t count;
	struct table_part parts[TABLE_PARTS_MAX]; /* by number */
};

/* A kind of partition table. */
struct table_ops {
	const char *name;  /* libfdisk's word */
	size_t head_bytes; /* how many first bytes of the disk read needs */
	/* 0: the bytes are such a table. -1: they are not, or they make no sense. */
	int (*read)(const uint8_t *head, struct table_parts *ret_parts);
};

extern const struct table_ops table_mbr;

/* The first sector behind a part. */
uint64_t table_end_lba(const struct table_part *part);

/* The part with that number, or the last by start LBA for number 0; NULL: there is none. */
const struct table_part *table_choose(const struct table_parts *parts, unsigned number);

/* Where the room of a part ends: the start of the next one, or the end of the disk. */
uint64_t table_room_end_lba(const struct table_parts *parts, const struct table_part *part,
			    uint64_t disk_sectors);

/* The end of all parts: sectors that the disk must have had. */
uint64_t table_needs_sectors(const struct table_parts *parts);

#endif
