/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gpt.h"

/* What four bits add, for the polynomial edb88320 (reflected). */
static const uint32_t of_nibble[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
	0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
	0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static uint32_t add_byte(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	crc = crc >> 4 ^ of_nibble[crc & 15];
	return crc >> 4 ^ of_nibble[crc & 15];
}

uint32_t gpt_crc32(const uint8_t *bytes, size_t size_bytes)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size_bytes; i++)
		crc = add_byte(crc, bytes[i]);
	return ~crc;
}

uint32_t gpt_header_crc32(const uint8_t *header_sector, uint32_t header_bytes)
{
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < header_bytes; i++) {
		bool is_own = i >= GPT_HEADER_CRC_AT && i < GPT_HEADER_CRC_AT + sizeof(crc);

		crc = add_byte(crc, is_own ? 0 : header_sector[i]);
	}
	return ~crc;
}
