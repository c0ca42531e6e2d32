/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gpt.h"

#define POLYNOMIAL 0xedb88320u /* reflected */

static uint32_t add_byte(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
	return crc;
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
