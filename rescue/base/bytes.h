/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as they lie on a disk, of either byte order. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>

static inline uint16_t le16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t le32_at(const uint8_t *bytes)
{
	return le16_at(bytes) | (uint32_t)le16_at(bytes + 2) << 16;
}

static inline uint64_t le64_at(const uint8_t *bytes)
{
	return le32_at(bytes) | (uint64_t)le32_at(bytes + 4) << 32;
}

static inline uint16_t be16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t be32_at(const uint8_t *bytes)
{
	return (uint32_t)be16_at(bytes) << 16 | be16_at(bytes + 2);
}

static inline uint64_t be64_at(const uint8_t *bytes)
{
	return (uint64_t)be32_at(bytes) << 32 | be32_at(bytes + 4);
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
