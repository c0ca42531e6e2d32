/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include <string.h>
#include <sys/mman.h>

void cache_open(struct cache *cache, struct nbd *nbd)
{
	void *memory = mmap(NULL, CACHE_CHUNKS * sizeof(struct cache_chunk), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*cache = (struct cache){ nbd, memory == MAP_FAILED ? NULL : memory };
}

/* Its place, whatever lies there. */
static struct cache_chunk *place_of(const struct cache *cache, uint64_t number)
{
	return &cache->chunks[number % CACHE_CHUNKS];
}

static int fill(struct cache *cache, struct cache_chunk *chunk, uint64_t number)
{
	uint64_t begin = (number - 1) * CACHE_CHUNK_BYTES;
	uint64_t left = cache->nbd->size_bytes - begin;

	if (chunk->number == number)
		return 0;
	chunk->number = 0;
	if (nbd_read(cache->nbd, begin, chunk->bytes,
		     left < CACHE_CHUNK_BYTES ? (size_t)left : CACHE_CHUNK_BYTES) < 0)
		return -1;
	chunk->number = number;
	return 0;
}

int cache_read(struct cache *cache, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	if (!cache->chunks || size_bytes >= CACHE_CHUNK_BYTES)
		return nbd_read(cache->nbd, at_bytes, bytes, size_bytes);
	for (size_t done = 0; done < size_bytes;) {
		uint64_t at = at_bytes + done, number = at / CACHE_CHUNK_BYTES + 1;
		size_t skip = (size_t)(at % CACHE_CHUNK_BYTES), piece = CACHE_CHUNK_BYTES - skip;
		struct cache_chunk *chunk = place_of(cache, number);

		if (piece > size_bytes - done)
			piece = size_bytes - done;
		if (fill(cache, chunk, number) < 0)
			return -1;
		memcpy((uint8_t *)bytes + done, chunk->bytes + skip, piece);
		done += piece;
	}
	return 0;
}

/* Forget what is no longer so. */
static void forget(struct cache *cache, uint64_t at_bytes, uint64_t size_bytes)
{
	uint64_t end = at_bytes + size_bytes;

	for (int i = 0; cache->chunks && i < CACHE_CHUNKS; i++) {
		struct cache_chunk *chunk = &cache->chunks[i];
		uint64_t begin = (chunk->number - 1) * CACHE_CHUNK_BYTES;

		if (chunk->number != 0 && begin < end && at_bytes < begin + CACHE_CHUNK_BYTES)
			chunk->number = 0;
	}
}

/* A small write stays within what is kept: e2fsprogs reads it again. */
static bool update(struct cache *cache, uint64_t at_bytes, const void *bytes, size_t size_bytes)
{
	uint64_t number = at_bytes / CACHE_CHUNK_BYTES + 1;
	size_t skip = (size_t)(at_bytes % CACHE_CHUNK_BYTES);
	struct cache_chunk *chunk;

	if (!cache->chunks || size_bytes > CACHE_CHUNK_BYTES - skip)
		return false;
	chunk = place_of(cache, number);
	if (chunk->number == number)
		memcpy(chunk->bytes + skip, bytes, size_bytes);
	return true;
}

int cache_write(struct cache *cache, uint64_t at_bytes, const void *bytes, size_t size_bytes)
{
	if (!update(cache, at_bytes, bytes, size_bytes))
		forget(cache, at_bytes, size_bytes);
	if (nbd_write(cache->nbd, at_bytes, bytes, size_bytes) == 0)
		return 0;
	forget(cache, at_bytes, size_bytes);
	return -1;
}

int cache_zero(struct cache *cache, uint64_t at_bytes, uint64_t size_bytes, bool punch)
{
	forget(cache, at_bytes, size_bytes);
	return nbd_zero(cache->nbd, at_bytes, size_bytes, punch);
}
