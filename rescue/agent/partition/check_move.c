/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else than its own entry says where a partition lies, and would not move with it. */
#include "base/bytes.h"
#include "disk_bytes.h"
#include "role.h"
#include "table.h"
#include "table/mbr.h"

#include <string.h>

static int refuse(const struct partition_table *table, const struct plan_move *move,
		  const char *why, struct fault *fault)
{
	char text[ROLE_NAME_BYTES];

	fault_set(fault, REASON_NO_ROOM_BEHIND, "%s cannot move: %s",
		  role_describe(table, plan_choose(table, move->number), text), why);
	return fault_hint(fault, "move it by hand, or remove it and make a new one");
}

/* Its boot record, the first in the container, may lead to a next one, which may hold nothing. */
static int check_link(const struct disk *disk, const struct partition_table *table,
		      const struct plan_move *move, struct fault *fault)
{
	static const uint8_t nothing[MBR_ENTRY_BYTES];
	uint8_t sector[TABLE_SECTOR_BYTES];

	if (disk_bytes_read(disk, move->block_from_lba * TABLE_SECTOR_BYTES, sector, sizeof(sector),
			    "a boot record", fault) < 0)
		return -1;
	return memcmp(sector + MBR_ENTRIES_AT + MBR_ENTRY_BYTES, nothing, sizeof(nothing)) == 0
		       ? 0
		       : refuse(table, move, "its boot record has a link to another one", fault);
}

/* An entry of the first sector of a GPT may name it, besides the one that protects the GPT. */
static int check_hybrid(const struct disk *disk, const struct partition_table *table,
			const struct plan_move *move, struct fault *fault)
{
	uint8_t sector[TABLE_SECTOR_BYTES];

	if (disk_bytes_read(disk, 0, sector, sizeof(sector), "the first sector", fault) < 0)
		return -1;
	for (int i = 0; i < MBR_ENTRIES; i++) {
		const uint8_t *entry = sector + MBR_ENTRIES_AT + MBR_ENTRY_BYTES * i;
		const uint64_t start_lba = le32_at(entry + MBR_START_LBA_AT);

		if (entry[MBR_TYPE_AT] != 0 && entry[MBR_TYPE_AT] != MBR_TYPE_PROTECTS_GPT &&
		    start_lba < move->from_lba + move->size_sectors &&
		    start_lba + le32_at(entry + MBR_SECTORS_AT) > move->from_lba)
			return refuse(table, move, "a hybrid MBR names it as well", fault);
	}
	return 0;
}

int partition_table_check_move(const struct disk *disk, const struct partition_table *table,
			       const struct plan *plan, struct fault *fault)
{
	if (plan->move.container)
		return check_link(disk, table, &plan->move, fault);
	return strcmp(table->label, "gpt") == 0 ? check_hybrid(disk, table, &plan->move, fault) : 0;
}
