/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Little-endian numbers, as every table on a disk has them. */
#ifndef TABLE_BYTES_H
#define TABLE_BYTES_H

#include <stdint.h>

static inline uint32_t le32_at(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static inline uint64_t le64_at(const uint8_t *bytes)
{
	return le32_at(bytes) | (uint64_t)le32_at(bytes + 4) << 32;
}

static inline void set_le32(uint8_t *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

static inline void set_le64(uint8_t *bytes, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

#endif
