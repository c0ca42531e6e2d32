/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include "cache_ahead.h"
#include "cache_pages.h"
#include "nbd_later.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* What is read in one piece of this size is not kept. */
#define LARGE_BYTES ((size_t)128 << 10)
/* Writes up to this size do not wait. All that may be under way fit into a socket's buffer, so a
 * service that is about to send us something never has to read first. */
#define BEHIND_MAX_BYTES 8192

static void *get_memory(size_t size_bytes)
{
	void *memory =
		mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void cache_open(struct cache *cache, struct nbd *nbd)
{
	*cache = (struct cache){ .nbd = nbd };
	cache->wishes = get_memory(CACHE_WISHES * sizeof(cache->wishes[0]));
	if (cache->wishes)
		cache->bytes = get_memory(CACHE_PAGES * CACHE_PAGE_BYTES);
}

/* All of them are there, or come. */
static int want(struct cache *cache, struct cache_range range)
{
	for (uint64_t number = range.begin; number < range.end;) {
		int count = cache_ask(cache, number, range.end);

		if (count >= 0)
			number += count > 0 ? (uint64_t)count : 1;
		else if (errno != EBUSY || nbd_await_all(cache->nbd) < 0)
			return -1;
	}
	return 0;
}

static int await(struct cache *cache, uint64_t number)
{
	size_t place = cache_place(number);

	if (cache->errors[place] == NBD_UNDER_WAY &&
	    nbd_await(cache->nbd, cache_begin_of(number), CACHE_PAGE_BYTES) < 0)
		return -1;
	errno = cache->errors[place];
	return errno == 0 ? 0 : -1;
}

int cache_read(struct cache *cache, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	struct cache_range range = { cache_page_of(at_bytes),
				     cache_page_of(at_bytes + size_bytes - 1) + 1 };

	if (!cache->bytes || size_bytes >= LARGE_BYTES)
		return nbd_await(cache->nbd, at_bytes, size_bytes) < 0
			       ? -1
			       : nbd_read(cache->nbd, at_bytes, bytes, size_bytes);
	cache_use(cache, range);
	if (want(cache, range) < 0)
		return -1;
	cache_go_ahead(cache);
	for (size_t done = 0; done < size_bytes;) {
		uint64_t at = at_bytes + done, number = cache_page_of(at);
		size_t skip = (size_t)(at % CACHE_PAGE_BYTES), piece = CACHE_PAGE_BYTES - skip;

		if (piece > size_bytes - done)
			piece = size_bytes - done;
		if (await(cache, number) < 0)
			return -1;
		memcpy((uint8_t *)bytes + done,
		       cache->bytes + cache_place(number) * CACHE_PAGE_BYTES + skip, piece);
		done += piece;
	}
	return 0;
}

/* What is kept becomes what is written: e2fsprogs reads it again. Nothing that touches it is under
 * way. NULL: zeroes. */
static void update(struct cache *cache, uint64_t at_bytes, const uint8_t *bytes,
		   uint64_t size_bytes)
{
	for (uint64_t done = 0; cache->bytes && done < size_bytes;) {
		uint64_t number = cache_page_of(at_bytes + done);
		size_t skip = (size_t)((at_bytes + done) % CACHE_PAGE_BYTES);
		uint64_t left = size_bytes - done;
		size_t piece =
			left < CACHE_PAGE_BYTES - skip ? (size_t)left : CACHE_PAGE_BYTES - skip;
		uint8_t *at = cache->bytes + cache_place(number) * CACHE_PAGE_BYTES + skip;

		if (cache_has(cache, number) && bytes)
			memcpy(at, bytes + done, piece);
		else if (cache_has(cache, number))
			memset(at, 0, piece);
		done += piece;
	}
}

int cache_write(struct cache *cache, uint64_t at_bytes, const void *bytes, size_t size_bytes)
{
	bool behind = cache->bytes && size_bytes <= BEHIND_MAX_BYTES;

	if (behind ? nbd_await(cache->nbd, at_bytes, size_bytes) < 0
		   : nbd_await_all(cache->nbd) < 0)
		return -1;
	update(cache, at_bytes, bytes, size_bytes);
	return behind ? nbd_write_behind(cache->nbd, at_bytes, bytes, size_bytes)
		      : nbd_write(cache->nbd, at_bytes, bytes, size_bytes);
}

int cache_zero(struct cache *cache, uint64_t at_bytes, uint64_t size_bytes, bool punch)
{
	if (nbd_await_all(cache->nbd) < 0 || nbd_zero(cache->nbd, at_bytes, size_bytes, punch) < 0)
		return -1;
	update(cache, at_bytes, NULL, size_bytes);
	return 0;
}

int cache_flush(struct cache *cache)
{
	return nbd_await_all(cache->nbd) < 0 ? -1 : nbd_flush(cache->nbd);
}

int cache_settle(struct cache *cache)
{
	return nbd_await_all(cache->nbd);
}
