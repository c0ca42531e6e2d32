/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the table says, and what to do about it: values and pure arithmetic.
 * No file descriptor in here; only table.c changes a sector. */
#ifndef PARTITION_PLAN_H
#define PARTITION_PLAN_H

#include "agent/disk.h"
#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_ENTRIES_MAX 4

/* An MBR counts sectors in 32 bits; the last sector it can name is 2^32 - 1. */
#define MBR_SECTORS_MAX (UINT64_C(1) << 32)

struct table_entry {
	unsigned number; /* slot in the table, from 1 */
	uint64_t start_lba;
	uint64_t size_sectors;
	unsigned type; /* MBR partition type */
	bool bootable;
};

struct table {
	char label[16];	  /* libfdisk's name of the kind: "dos" */
	char disk_id[16]; /* disk signature, "0x1234abcd" */
	size_t count;
	struct table_entry entries[TABLE_ENTRIES_MAX]; /* the used slots, by number */
	size_t logical_count; /* partitions in extended ones, which have no entry here */
};

struct plan {
	unsigned number;
	uint64_t start_lba;
	uint64_t sectors_before, sectors_after;
	uint32_t sector_bytes;
	unsigned next_number; /* the partition that ends our room, or 0: the disk's end */
};

/* Check that the table makes sense for a disk of that size, choose the target
 * (wanted: its number, or 0 for the last by start LBA) and how far it would
 * grow: to the next partition's start, or to the end of the disk. Whether that
 * is within the limits is not asked here; and a target that cannot grow is not
 * a fault: its file system may still have to.
 * Faults: table-empty, table-invalid, extended-present, no-such-partition. */
int plan_partition(const struct table *table, uint64_t disk_sectors, uint32_t sector_bytes,
		   unsigned wanted, struct plan *ret_plan, struct fault *fault);

/* The bound that the table sets: the partition after the target
 * (no-room-behind), or else what an MBR can say (mbr-2tib). */
struct limit plan_limit(const struct plan *plan);

/* Fault mbr-2tib for a disk of that size, which is beyond that limit. */
int plan_refuse(const struct plan *plan, struct fault *fault);

/* Where the target would end, in bytes. No overflow: sector numbers times
 * sector_bytes are bytes of a disk. */
uint64_t plan_end_bytes(const struct plan *plan);

#endif
