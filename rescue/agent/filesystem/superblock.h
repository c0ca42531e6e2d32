/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading superblocks that no library reads for us: bytes of a target, and what kinds
 * have in common in them. */
#ifndef FILESYSTEM_SUPERBLOCK_H
#define FILESYSTEM_SUPERBLOCK_H

#include "base/fault.h"
#include "fs.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Open the target's path for reading: it begins at offset_bytes. -1 with the fault disk-io.
 * To be closed soon: while it is open, the kernel may keep what was read. */
int superblock_open(const struct fs_target *target, struct fault *fault);

/* Read so many bytes, or as many as there are before the end. Returns how many, or -1 with
 * the fault disk-io. */
ssize_t superblock_read_most(int fd, uint64_t at_bytes, void *out, size_t size_bytes,
			     struct fault *fault);

/* Read exactly so many bytes. Fault: disk-io. */
int superblock_read(int fd, uint64_t at_bytes, void *out, size_t size_bytes, struct fault *fault);

/* CRC-32C (Castagnoli; RFC 3720, B.4), begun with ~0 and inverted in the end. The bytes
 * from hole on, four of them, count as zero; a hole at or behind the end is none. */
uint32_t superblock_crc32c(const uint8_t *bytes, size_t size_bytes, size_t hole);

/* "a1b2c3d4-..." */
void superblock_uuid(const uint8_t bytes[static 16], char out[static FS_UUID_BYTES]);

/* A label of at most so many bytes, ended by a NUL or by its room; made safe to show. */
void superblock_label(const uint8_t *bytes, size_t size_bytes, char out[static FS_LABEL_BYTES]);

struct bit_name {
	unsigned bit;
	const char *name;
};

/* Add the name of each bit to out, or its number where it has none, with commas between. */
void superblock_name_bits(char *out, size_t out_bytes, uint64_t bits, const struct bit_name *names,
			  size_t name_count);

#endif
