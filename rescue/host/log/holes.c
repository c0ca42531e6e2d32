/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "holes.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define BLOCK_BYTES 4096
#define PIECE_BYTES (1 << 20)

#if defined(FALLOC_FL_PUNCH_HOLE) && defined(SEEK_DATA)

static bool is_zero(const char *block)
{
	return block[0] == 0 && memcmp(block, block + 1, BLOCK_BYTES - 1) == 0;
}

/* The blocks of zeroes in a piece of data, whole runs at a time. */
static void dig_piece(int fd, const char *piece, off_t at, size_t bytes)
{
	for (size_t offset = 0; offset + BLOCK_BYTES <= bytes;) {
		size_t from = offset;

		while (offset + BLOCK_BYTES <= bytes && is_zero(piece + offset))
			offset += BLOCK_BYTES;
		if (offset > from)
			(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					at + (off_t)from, (off_t)(offset - from));
		else
			offset += BLOCK_BYTES;
	}
}

void holes_dig(int fd, uint64_t from_bytes, uint64_t to_bytes)
{
	cleanup_free char *piece = malloc(PIECE_BYTES);
	off_t at = (off_t)((from_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES);
	off_t end = (off_t)to_bytes;

	while (piece && at < end && (at = lseek(fd, at, SEEK_DATA)) >= 0 && at < end) {
		size_t wanted = end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;
		ssize_t got;

		at = at / BLOCK_BYTES * BLOCK_BYTES;
		got = pread(fd, piece, wanted, at);
		if (got <= 0)
			return;
		dig_piece(fd, piece, at, (size_t)got);
		at += got;
	}
}

#else

void holes_dig(int fd, uint64_t from_bytes, uint64_t to_bytes)
{
	(void)fd, (void)from_bytes, (void)to_bytes;
}

#endif
