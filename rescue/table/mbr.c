/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mbr.h"

#include "base/bytes.h"
#include "table.h"

#include <string.h>

/* The boot sector of a file system also ends with 55 AA, and its code can look like
 * entries. */
static bool is_boot_sector_of_fs(const uint8_t *head)
{
	return memcmp(head + 3, "NTFS", 4) == 0 || memcmp(head + 3, "EXFAT", 5) == 0 ||
	       memcmp(head + 54, "FAT", 3) == 0 || memcmp(head + 82, "FAT", 3) == 0;
}

bool mbr_is_container(unsigned type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* The four entries. */
static enum table_answer read_primary(const uint8_t *head, struct table_parts *parts)
{
	parts->count = 0;
	parts->is_gpt = false;
	parts->signature = le32_at(head + MBR_DISK_ID_AT);
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		size_t entry_at = MBR_ENTRIES_AT + i * MBR_ENTRY_BYTES;
		const uint8_t *entry = head + entry_at;
		struct table_part part = { .number = i + 1,
					   .start_lba = le32_at(entry + MBR_START_LBA_AT),
					   .size_sectors = le32_at(entry + MBR_SECTORS_AT),
					   .entry_at_bytes = entry_at,
					   .type = entry[MBR_TYPE_AT],
					   .is_container = mbr_is_container(entry[MBR_TYPE_AT]) };

		if (entry[0] != 0 && entry[0] != 0x80)
			return TABLE_NONE;
		if (part.size_sectors == 0)
			continue;
		if (part.start_lba == 0)
			return TABLE_INVALID;
		parts->parts[parts->count++] = part;
	}
	return parts->count > 0 ? TABLE_GOOD : TABLE_NONE;
}

static enum table_answer mbr_read(const struct table_source *source, uint32_t sector_bytes,
				  struct table_parts *ret_parts)
{
	uint8_t head[TABLE_SECTOR_BYTES];
	const struct table_part *container = NULL;
	enum table_answer answer;

	(void)sector_bytes;
	if (source->size_bytes < sizeof(head))
		return TABLE_NONE;
	if (source->read(source->context, 0, head, sizeof(head)) < 0)
		return TABLE_UNREADABLE;
	if (head[MBR_SIGNATURE_AT] != 0x55 || head[MBR_SIGNATURE_AT + 1] != 0xaa ||
	    is_boot_sector_of_fs(head))
		return TABLE_NONE;
	answer = read_primary(head, ret_parts);
	if (answer != TABLE_GOOD)
		return answer;
	for (size_t i = 0; i < ret_parts->count; i++) {
		if (!ret_parts->parts[i].is_container)
			continue;
		if (container)
			return TABLE_INVALID; /* who numbers them, and how? */
		container = &ret_parts->parts[i];
	}
	return container ? mbr_read_logical(source, container, ret_parts) : TABLE_GOOD;
}

const struct table_ops table_mbr = { .name = "dos", .read = mbr_read };
