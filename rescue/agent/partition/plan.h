/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the table says, and what to do about it: values and pure arithmetic.
 * No file descriptor in here; only the kinds of table change a sector. */
#ifndef PARTITION_PLAN_H
#define PARTITION_PLAN_H

#include "agent/disk.h"
#include "base/fault.h"
#include "table/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An MBR counts sectors in 32 bits; the last sector it can name is 2^32 - 1. */
#define MBR_SECTORS_MAX (UINT64_C(1) << 32)

/* What is wrong with a GPT and is put right by writing it: a set. The words are those of
 * table_repair_words (wire/event.h), in this order. */
enum table_repair {
	TABLE_REPAIR_BACKUP_MISSING = 1,   /* there is none where the header says */
	TABLE_REPAIR_BACKUP_MISPLACED = 2, /* it was not at the end of the disk */
	TABLE_REPAIR_BACKUP_DAMAGED = 4,
	TABLE_REPAIR_PRIMARY_DAMAGED = 8
};

struct table_entry {
	struct table_part part; /* the texts below say what type_guid has */
	bool bootable;		/* of an MBR */
	/* Of a GPT: the texts of the GUIDs, and the name in UTF-8, as it is on the disk. */
	char type_guid[TABLE_GUID_CHARS], uuid[TABLE_GUID_CHARS];
	char name[TABLE_NAME_CHARS];
};

struct partition_table {
	char label[16];			/* libfdisk's name of the kind: "dos", "gpt"; or "none" */
	char disk_id[TABLE_GUID_CHARS]; /* disk signature, "0x1234abcd", or GUID */
	uint64_t disk_sectors;		/* of the disk as it is now */
	uint32_t sector_bytes;
	uint64_t tail_sectors;	/* at the end of the disk, for the table itself */
	uint64_t leave_sectors; /* before these: the last partition does not grow into them */
	uint64_t grain_sectors; /* a partition grows to a multiple of this */
	uint64_t sectors_max;	/* no partition ends behind so many; 0: no bound */
	bool is_stale;		/* it must be written even if no entry changes */
	unsigned repairs;	/* set of enum table_repair */
	size_t count;
	struct table_entry *entries; /* the used slots, by number; owned */
};

#define PLAN_MOVE_ALIGN_BYTES (1 << 20)

/* A swap partition behind the target, which moves to the end of the disk, and keeps its place
 * within PLAN_MOVE_ALIGN_BYTES. A logical one moves with its container: these two are the block. */
struct plan_move {
	unsigned number;    /* 0: there is none */
	unsigned container; /* or 0 */
	uint64_t from_lba, size_sectors;
	uint64_t block_from_lba, block_sectors;
	uint64_t shift_sectors; /* 0: it is at the end already */
	uint32_t header_bytes;	/* of the swap; set by who has read it */
};

struct plan {
	unsigned number;
	uint64_t start_lba;
	uint64_t sectors_before, sectors_after;
	uint32_t sector_bytes;
	unsigned next_number; /* the partition that ends our room, or 0: the disk's end */
	/* As in the table. */
	uint64_t disk_sectors, tail_sectors, leave_sectors, grain_sectors, sectors_max;
	bool is_stale;
	struct plan_move move;
};

/* Is it that of a disk which has no table? */
bool partition_table_is_whole(const struct partition_table *table);

/* Free the entries; the table is empty afterwards. */
void partition_table_free(struct partition_table *table);
#define cleanup_partition_table __attribute__((cleanup(partition_table_free)))

/* Check that the table makes sense for its disk. Faults: table-empty, table-invalid;
 * no-room-behind where a partition ends in the sectors that the table itself needs. */
int plan_check(const struct partition_table *table, struct fault *fault);

/* The entry with that number, or for 0 the last by start LBA, which is never a container; NULL:
 * there is none. */
const struct table_entry *plan_choose(const struct partition_table *table, unsigned wanted);

/* Check the table, choose the target by its number, or the last one (0), and how far it
 * would grow: to the next partition's start, or to the end of the disk. Whether that is within the
 * limits is not asked here; and a target that cannot grow is not a fault: its file system may still
 * have to. Faults: of plan_check, and no-such-partition. */
int plan_partition(const struct partition_table *table, unsigned wanted, struct plan *ret_plan,
		   struct fault *fault);

/* Plan to move what lies behind the target, if something does: the target grows up to its new
 * place. Fault: no-room-behind (it is not alone there). */
int plan_move_swap(const struct partition_table *table, struct plan *plan, struct fault *fault);
/* Is there something to move? */
bool plan_moves(const struct plan *plan);

/* The size of a partition with so much room: whole grains, and never less than it has. */
uint64_t plan_size_in(uint64_t room_sectors, uint64_t grain_sectors, uint64_t size_sectors);

/* Let the target grow to a multiple of that many bytes, which content of it needs. */
void plan_set_grain(struct plan *plan, uint64_t grain_bytes);

/* The bound that the table sets: the partition after the target
 * (no-room-behind), or else what an MBR can say (mbr-2tib). A GPT sets none: REASON_NONE,
 * and the largest number. */
struct limit plan_limit(const struct plan *plan);

/* From a limit of where the target may end to the limit of the disk. */
struct limit plan_limit_of_disk(const struct plan *plan, struct limit end);

/* Does the plan keep within the limit, which is one of the disk? */
bool plan_is_within(const struct plan *plan, const struct limit *limit);

/* Fault mbr-2tib for a disk of that size, which is beyond that limit. */
int plan_refuse(const struct plan *plan, struct fault *fault);

/* Where the target would end, in bytes. No overflow: sector numbers times
 * sector_bytes are bytes of a disk. */
uint64_t plan_end_bytes(const struct plan *plan);

#endif
