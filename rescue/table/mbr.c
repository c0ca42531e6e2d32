/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mbr.h"

#include "table.h"

#include <string.h>

static uint32_t little_endian(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* The boot sector of a file system also ends with 55 AA, and its code can look like
 * entries. */
static bool is_boot_sector_of_fs(const uint8_t *head)
{
	return memcmp(head + 3, "NTFS", 4) == 0 || memcmp(head + 3, "EXFAT", 5) == 0 ||
	       memcmp(head + 54, "FAT", 3) == 0 || memcmp(head + 82, "FAT", 3) == 0;
}

static int mbr_read(const uint8_t *head, struct table_parts *ret_parts)
{
	struct table_parts parts = { 0 };

	if (head[MBR_SIGNATURE_AT] != 0x55 || head[MBR_SIGNATURE_AT + 1] != 0xaa ||
	    is_boot_sector_of_fs(head))
		return -1;
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		const uint8_t *entry = head + MBR_ENTRIES_AT + i * MBR_ENTRY_BYTES;
		struct table_part part = { .number = i + 1,
					   .start_lba = little_endian(entry + MBR_START_LBA_AT),
					   .size_sectors = little_endian(entry + MBR_SECTORS_AT),
					   .type = entry[MBR_TYPE_AT] };

		if (entry[0] != 0 && entry[0] != 0x80)
			return -1;
		if (part.size_sectors == 0)
			continue;
		if (part.start_lba == 0)
			return -1;
		parts.parts[parts.count++] = part;
	}
	if (parts.count == 0)
		return -1;
	*ret_parts = parts;
	return 0;
}

const struct table_ops table_mbr = {
	.name = "dos",
	.head_bytes = TABLE_SECTOR_BYTES,
	.read = mbr_read,
};
