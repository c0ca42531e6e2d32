/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "marks.h"

#include "table/mbr.h"

#include <string.h>

#define EXT_SUPERBLOCK_AT 1024

/* From the start of the partition: where the superblock is, and its mark. */
static const struct {
	uint64_t superblock_at, mark_at;
	const char *mark;
} kinds[] = { { 0, 0, "XFSB" },
	      { 65536, 65536 + 64, "_BHRfS_M" },
	      { 512, 512, "LABELONE" },
	      { 0, 0, "LUKS\xba\xbe" } };

uint64_t marks_superblock_at(struct block_disk *disk, uint64_t partition_at_bytes)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t sector_at = kinds[i].mark_at - kinds[i].mark_at % TABLE_SECTOR_BYTES;
		uint8_t sector[TABLE_SECTOR_BYTES];
		struct fault ignored;

		if (block_read(disk, partition_at_bytes + sector_at, sector, sizeof(sector),
			       &ignored) == 0 &&
		    memcmp(sector + kinds[i].mark_at % TABLE_SECTOR_BYTES, kinds[i].mark,
			   strlen(kinds[i].mark)) == 0)
			return partition_at_bytes + kinds[i].superblock_at;
	}
	return partition_at_bytes + EXT_SUPERBLOCK_AT;
}

int marks_take(struct block_disk *disk, uint64_t superblock_at_bytes, struct marks *ret_marks,
	       struct fault *fault)
{
	uint8_t superblock[2][TABLE_SECTOR_BYTES];

	if (block_read(disk, 0, ret_marks->first_sector, TABLE_SECTOR_BYTES, fault) < 0 ||
	    block_read(disk, superblock_at_bytes, superblock, sizeof(superblock), fault) < 0)
		return -1;
	checksum_of(ret_marks->first_sector, MBR_BOOT_CODE_BYTES, ret_marks->boot_code);
	checksum_of(ret_marks->first_sector, TABLE_SECTOR_BYTES, ret_marks->sector);
	for (int half = 0; half < 2; half++)
		checksum_of(superblock[half], TABLE_SECTOR_BYTES, ret_marks->superblock[half]);
	return 0;
}
