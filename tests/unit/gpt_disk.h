/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk with a GPT in memory, made by the layout of the UEFI specification and not by the
 * code that is tested. */
#ifndef TESTS_GPT_DISK_H
#define TESTS_GPT_DISK_H

#include "table/table.h"

#include <stdlib.h>
#include <string.h>

/* Fields left 0 have the usual value: see gpt_disk_make. */
struct gpt_disk {
	uint32_t sector_bytes;
	uint64_t sectors;
	uint32_t count, entry_bytes, header_bytes;
	uint64_t entries_lba, first_usable, last_usable;
	uint8_t *bytes; /* owned */
	size_t size_bytes;
	struct table_memory memory;
};

static inline void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static inline void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)value);
	put32(at + 4, (uint32_t)(value >> 32));
}

static inline uint64_t get64(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 8; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

/* Bit by bit, as the specification has it. */
static inline uint32_t crc_of(const uint8_t *bytes, size_t size_bytes)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size_bytes; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static inline uint8_t *gpt_disk_at(struct gpt_disk *disk, uint64_t lba)
{
	return disk->bytes + lba * disk->sector_bytes;
}

static inline uint64_t gpt_disk_array_sectors(const struct gpt_disk *disk)
{
	return ((uint64_t)disk->count * disk->entry_bytes + disk->sector_bytes - 1) /
	       disk->sector_bytes;
}

/* Make the sum of a header right again. */
static inline void gpt_disk_seal_header(struct gpt_disk *disk, uint64_t lba)
{
	uint8_t *header = gpt_disk_at(disk, lba);

	put32(header + 16, 0);
	put32(header + 16, crc_of(header, disk->header_bytes));
}

/* Make all sums right, and the backup as the primary says. */
static inline void gpt_disk_seal(struct gpt_disk *disk)
{
	uint64_t last = disk->sectors - 1, array_sectors = gpt_disk_array_sectors(disk);
	uint8_t *header = gpt_disk_at(disk, 1), *backup = gpt_disk_at(disk, last);
	uint8_t *array = gpt_disk_at(disk, disk->entries_lba);
	size_t array_bytes = (size_t)disk->count * disk->entry_bytes;

	put32(header + 88, crc_of(array, array_bytes));
	gpt_disk_seal_header(disk, 1);
	memcpy(backup, header, disk->sector_bytes);
	put64(backup + 24, last);
	put64(backup + 32, 1);
	put64(backup + 72, last - array_sectors);
	memcpy(gpt_disk_at(disk, last - array_sectors), array, array_bytes);
	gpt_disk_seal_header(disk, last);
}

static inline uint8_t *gpt_disk_entry(struct gpt_disk *disk, unsigned number)
{
	return gpt_disk_at(disk, disk->entries_lba) + (size_t)(number - 1) * disk->entry_bytes;
}

static inline void gpt_disk_part(struct gpt_disk *disk, unsigned number, uint64_t first,
				 uint64_t last)
{
	uint8_t *entry = gpt_disk_entry(disk, number);

	memset(entry, 0x80 + (int)number % 100, 32); /* both GUIDs */
	put64(entry + 32, first);
	put64(entry + 40, last);
	memset(entry + 48, 0x11, disk->entry_bytes - 48);
}

static inline void gpt_disk_defaults(struct gpt_disk *disk)
{
	uint64_t array_sectors;

	disk->sector_bytes = disk->sector_bytes ? disk->sector_bytes : 512;
	disk->count = disk->count ? disk->count : 128;
	disk->entry_bytes = disk->entry_bytes ? disk->entry_bytes : 128;
	disk->header_bytes = disk->header_bytes ? disk->header_bytes : 92;
	disk->entries_lba = disk->entries_lba ? disk->entries_lba : 2;
	array_sectors = gpt_disk_array_sectors(disk);
	if (!disk->first_usable)
		disk->first_usable = disk->entries_lba + array_sectors;
	if (!disk->last_usable)
		disk->last_usable = disk->sectors - 2 - array_sectors;
}

/* Without partitions; gpt_disk_part and gpt_disk_seal follow. Bytes that nothing uses are not
 * zero, also those behind the header. */
static inline void gpt_disk_make(struct gpt_disk *disk)
{
	uint8_t *header, *mbr;

	gpt_disk_defaults(disk);
	disk->size_bytes = disk->sectors * disk->sector_bytes;
	disk->bytes = malloc(disk->size_bytes);
	for (size_t i = 0; i < disk->size_bytes; i++)
		disk->bytes[i] = (uint8_t)(i * 7 + i / 512 + 1);
	mbr = disk->bytes;
	memset(mbr + 446, 0, 64);
	mbr[446 + 4] = 0xee;
	put32(mbr + 446 + 8, 1);
	put32(mbr + 446 + 12, (uint32_t)disk->sectors - 1);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	header = gpt_disk_at(disk, 1);
	memset(header, 0, disk->header_bytes);
	memcpy(header, "EFI PART\0\0\1\0", 12);
	put32(header + 12, disk->header_bytes);
	put64(header + 24, 1);
	put64(header + 32, disk->sectors - 1);
	put64(header + 40, disk->first_usable);
	put64(header + 48, disk->last_usable);
	memset(header + 56, 0xd1, 16);
	put64(header + 72, disk->entries_lba);
	put32(header + 80, disk->count);
	put32(header + 84, disk->entry_bytes);
	memset(gpt_disk_at(disk, disk->entries_lba), 0, (size_t)disk->count * disk->entry_bytes);
	gpt_disk_seal(disk);
}

static inline struct table_source gpt_disk_source(struct gpt_disk *disk)
{
	disk->memory = (struct table_memory){ disk->bytes, disk->size_bytes };
	return table_source_memory(&disk->memory);
}

static inline void gpt_disk_free(struct gpt_disk *disk)
{
	free(disk->bytes);
}

#endif
