/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one process has read of the disk, in chunks: e2fsck reads bitmaps and folders block by
 * block, and each question to the service costs more than its answer. Every write goes through.
 * Nobody else may write meanwhile: so it is for a worker alone, whose turn it is until it ends. */
#ifndef NATIVE_CACHE_H
#define NATIVE_CACHE_H

#include "nbd.h"

#define CACHE_CHUNK_BYTES ((size_t)128 << 10)
#define CACHE_CHUNKS	  64

struct cache_chunk {
	uint64_t number; /* of the disk, counted from 1; 0: empty */
	uint8_t bytes[CACHE_CHUNK_BYTES];
};

struct cache {
	struct nbd *nbd; /* borrowed */
	struct cache_chunk *chunks;
};

/* NULL chunks (out of memory): everything goes to the service. Never freed. */
void cache_open(struct cache *cache, struct nbd *nbd);

/* As those of nbd.h. */
int cache_read(struct cache *cache, uint64_t at_bytes, void *bytes, size_t size_bytes);
int cache_write(struct cache *cache, uint64_t at_bytes, const void *bytes, size_t size_bytes);
int cache_zero(struct cache *cache, uint64_t at_bytes, uint64_t size_bytes, bool punch);

#endif
