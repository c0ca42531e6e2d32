/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of a GUID partition table. Source: UEFI specification 2.10, section 5.3; the
 * kernel's block/partitions/efi.c. */
#ifndef TABLE_GPT_H
#define TABLE_GPT_H

#include "table.h"

#define GPT_HEADER_LBA 1

/* In a header. */
#define GPT_SIGNATURE	     "EFI PART"
#define GPT_SIGNATURE_BYTES  8
#define GPT_REVISION_AT	     8
#define GPT_HEADER_BYTES_AT  12
#define GPT_HEADER_CRC_AT    16
#define GPT_MY_LBA_AT	     24
#define GPT_ALTERNATE_LBA_AT 32
#define GPT_FIRST_USABLE_AT  40
#define GPT_LAST_USABLE_AT   48
#define GPT_DISK_GUID_AT     56
#define GPT_ENTRIES_LBA_AT   72
#define GPT_ENTRY_COUNT_AT   80
#define GPT_ENTRY_BYTES_AT   84
#define GPT_ENTRIES_CRC_AT   88
#define GPT_HEADER_BYTES_MIN 92

/* In an entry. */
#define GPT_TYPE_GUID_AT  0
#define GPT_PART_GUID_AT  16
#define GPT_FIRST_LBA_AT  32
#define GPT_LAST_LBA_AT	  40
#define GPT_ATTRIBUTES_AT 48
#define GPT_NAME_AT	  56
#define GPT_NAME_BYTES	  TABLE_NAME_BYTES

#define GPT_ENTRIES_MAX	    TABLE_PARTS_MAX
#define GPT_ENTRY_BYTES_MIN 128
#define GPT_ENTRY_BYTES_MAX 512

/* The end of a partition that grows is a multiple of this: 4096-byte sectors within it, as
 * LUKS has them, refuse another size. */
#define GPT_GRAIN_BYTES 4096

struct gpt_header {
	uint32_t header_bytes;
	uint64_t my_lba, alternate_lba;
	uint64_t first_usable_lba, last_usable_lba;
	uint8_t disk_guid[TABLE_GUID_BYTES];
	uint64_t entries_lba;
	uint32_t entry_count, entry_bytes, entries_crc;
};

/* Header and entries, as they lie on the disk. */
struct gpt_copy {
	struct gpt_header header;
	uint8_t *header_sector; /* one sector; owned */
	uint8_t *entries;	/* entry_count * entry_bytes; owned */
};

/* Does the first sector have an entry that protects a GPT (type 0xEE from LBA 1)? */
bool gpt_is_protected(const uint8_t first_sector[TABLE_SECTOR_BYTES]);

/* Read the copy whose header is at that LBA: signature, sizes, both checksums and its own
 * address are right for TABLE_GOOD. TABLE_NONE: no signature there. gpt_copy_free frees it,
 * whatever the answer. */
enum table_answer gpt_copy_read(const struct table_source *source, uint32_t sector_bytes,
				uint64_t header_lba, struct gpt_copy *ret_copy);
void gpt_copy_free(struct gpt_copy *copy);
#define cleanup_gpt_copy __attribute__((cleanup(gpt_copy_free)))

/* Read the backup of a disk of so many bytes, which may be longer by now: in the last sector, of
 * 512 or of 4096 bytes. gpt_copy_free frees it, whatever the answer. */
enum table_answer gpt_backup_read(const struct table_source *source, uint64_t size_bytes,
				  uint32_t *ret_sector_bytes, struct gpt_copy *ret_copy);

/* Do the entries make sense: within the usable sectors, no two overlap, and no partition
 * lies where a header or the entries themselves are? Sets *ret_parts for TABLE_GOOD. */
enum table_answer gpt_parts(const struct gpt_copy *copy, uint32_t sector_bytes,
			    struct table_parts *ret_parts);

/* Do two copies say the same, but for their own places? */
bool gpt_copies_agree(const struct gpt_copy *a, const struct gpt_copy *b);

/* Do the entries of a primary copy lie between its header and the first usable sector? What lies
 * elsewhere may be where a partition grows. */
bool gpt_entries_lead(const struct gpt_header *header, uint32_t sector_bytes);

/* The sectors that the entries take. */
uint64_t gpt_entries_sectors(const struct gpt_header *header, uint32_t sector_bytes);

/* The last sector for partitions on a disk of so many sectors, whose backup lies at its end: as
 * libfdisk and sgdisk have it. 0: the disk is too small. */
uint64_t gpt_last_usable_lba(const struct gpt_header *header, uint64_t disk_sectors,
			     uint32_t sector_bytes);

/* What becomes of a partition of size_sectors whose room has room_sectors: all of it, down to
 * GPT_GRAIN_BYTES, but never less than it has. */
uint64_t gpt_size_for(uint64_t size_sectors, uint64_t room_sectors, uint32_t sector_bytes);

/* CRC-32 as the table has it. Source: UEFI specification, section 5.3.2 (the one of Ethernet). */
uint32_t gpt_crc32(const uint8_t *bytes, size_t size_bytes);

/* The checksum of a header of that size whose own field counts as zero. */
uint32_t gpt_header_crc32(const uint8_t *header_sector, uint32_t header_bytes);

#endif
