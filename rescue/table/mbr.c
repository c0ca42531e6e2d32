/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mbr.h"

#include "bytes.h"
#include "table.h"

#include <string.h>

/* The boot sector of a file system also ends with 55 AA, and its code can look like
 * entries. */
static bool is_boot_sector_of_fs(const uint8_t *head)
{
	return memcmp(head + 3, "NTFS", 4) == 0 || memcmp(head + 3, "EXFAT", 5) == 0 ||
	       memcmp(head + 54, "FAT", 3) == 0 || memcmp(head + 82, "FAT", 3) == 0;
}

static enum table_answer mbr_read(const struct table_source *source, uint32_t sector_bytes,
				  struct table_parts *ret_parts)
{
	uint8_t head[TABLE_SECTOR_BYTES];

	(void)sector_bytes;
	if (source->size_bytes < sizeof(head))
		return TABLE_NONE;
	if (source->read(source->context, 0, head, sizeof(head)) < 0)
		return TABLE_UNREADABLE;
	if (head[MBR_SIGNATURE_AT] != 0x55 || head[MBR_SIGNATURE_AT + 1] != 0xaa ||
	    is_boot_sector_of_fs(head))
		return TABLE_NONE;
	ret_parts->count = 0;
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		const uint8_t *entry = head + MBR_ENTRIES_AT + i * MBR_ENTRY_BYTES;
		struct table_part part = { .number = i + 1,
					   .start_lba = le32_at(entry + MBR_START_LBA_AT),
					   .size_sectors = le32_at(entry + MBR_SECTORS_AT),
					   .type = entry[MBR_TYPE_AT] };

		if (entry[0] != 0 && entry[0] != 0x80)
			return TABLE_NONE;
		if (part.size_sectors == 0)
			continue;
		if (part.start_lba == 0)
			return TABLE_INVALID;
		ret_parts->parts[ret_parts->count++] = part;
	}
	return ret_parts->count > 0 ? TABLE_GOOD : TABLE_NONE;
}

const struct table_ops table_mbr = { .name = "dos", .read = mbr_read };
