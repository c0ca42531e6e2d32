/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of boot records, written by the layout and not by the code under test. */
#ifndef TESTS_UNIT_BOOT_RECORD_H
#define TESTS_UNIT_BOOT_RECORD_H

#include <stdint.h>

static inline void put_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Entry 0 to 3 of that sector, which becomes a boot record. */
static inline void put_boot_entry(uint8_t *sector, unsigned index, uint8_t type, uint32_t start,
				  uint32_t sectors)
{
	uint8_t *at = sector + 446 + 16 * index;

	at[4] = type;
	put_le32(at + 8, start);
	put_le32(at + 12, sectors);
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

#endif
