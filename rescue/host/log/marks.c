/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "marks.h"

#include "table/mbr.h"

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
