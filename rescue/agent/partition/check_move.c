/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hybrid MBR: entries of the first sector that name partitions of the GPT, besides the one that
 * protects it. They would not move with their partition. */
#include "base/bytes.h"
#include "disk_bytes.h"
#include "role.h"
#include "table.h"
#include "table/mbr.h"

#include <string.h>

int partition_table_check_move(const struct disk *disk, const struct partition_table *table,
			       const struct plan_move *move, struct fault *fault)
{
	uint8_t sector[TABLE_SECTOR_BYTES];
	char text[ROLE_NAME_BYTES];

	if (strcmp(table->label, "gpt") != 0)
		return 0;
	if (disk_bytes_read(disk, 0, sector, sizeof(sector), "the first sector", fault) < 0)
		return -1;
	for (int i = 0; i < MBR_ENTRIES; i++) {
		const uint8_t *entry = sector + MBR_ENTRIES_AT + MBR_ENTRY_BYTES * i;
		const uint64_t start_lba = le32_at(entry + MBR_START_LBA_AT);

		if (entry[MBR_TYPE_AT] == 0 || entry[MBR_TYPE_AT] == MBR_TYPE_PROTECTS_GPT ||
		    start_lba >= move->from_lba + move->size_sectors ||
		    start_lba + le32_at(entry + MBR_SECTORS_AT) <= move->from_lba)
			continue;
		fault_set(fault, REASON_NO_ROOM_BEHIND,
			  "%s cannot move: a hybrid MBR names it as well",
			  role_describe(table, plan_choose(table, move->number), text));
		return fault_hint(fault, "move it by hand, or remove it and make a new one");
	}
	return 0;
}
