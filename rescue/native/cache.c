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

/* An inode cluster of xfs: most often the one behind it is wanted next. */
#define CLUSTER_PAGES 4

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
	const uint64_t end =
		range.end - range.begin == CLUSTER_PAGES ? range.end + CLUSTER_PAGES : range.end;

	for (uint64_t number = range.begin; number < range.end;) {
		int count = cache_ask(cache, number, end);

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

/* These bytes and no others: they are not kept. */
static int read_plain(struct cache *cache, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	return nbd_await(cache->nbd, at_bytes, size_bytes) < 0
		       ? -1
		       : nbd_read(cache->nbd, at_bytes, bytes, size_bytes);
}

int cache_read(struct cache *cache, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	struct cache_range range = { cache_page_of(at_bytes),
				     cache_page_of(at_bytes + size_bytes - 1) + 1 };

	if (!cache->bytes || size_bytes >= LARGE_BYTES)
		return read_plain(cache, at_bytes, bytes, size_bytes);
	cache_use(cache, range);
	if (want(cache, range) < 0)
		return -1;
	cache_go_ahead(cache);
	for (size_t done = 0; done < size_bytes;) {
		uint64_t at = at_bytes + done, number = cache_page_of(at);
		size_t skip = (size_t)(at % CACHE_PAGE_BYTES), piece = CACHE_PAGE_BYTES - skip;

		if (piece > size_bytes - done)
			piece = size_bytes - done;
		/* A bad sector beside what is wanted is nobody's affair. */
		if (await(cache, number) < 0 && cache->nbd->fd < 0)
			return -1;
		if (cache->errors[cache_place(number)] != 0)
			return read_plain(cache, at, (uint8_t *)bytes + done, size_bytes - done);
		memcpy((uint8_t *)bytes + done,
		       cache->bytes + cache_place(number) * CACHE_PAGE_BYTES + skip, piece);
		done += piece;
	}
	return 0;
}

/* What is kept becomes what is written: e2fsprogs reads it again. Nothing that touches it is under
 * way. */
static void update(struct cache *cache, uint64_t at_bytes, const uint8_t *bytes, size_t size_bytes)
{
	for (size_t done = 0; cache->bytes && done < size_bytes;) {
		uint64_t number = cache_page_of(at_bytes + done);
		size_t skip = (size_t)((at_bytes + done) % CACHE_PAGE_BYTES);
		size_t piece = CACHE_PAGE_BYTES - skip;

		if (piece > size_bytes - done)
			piece = size_bytes - done;
		if (cache_has(cache, number))
			memcpy(cache->bytes + cache_place(number) * CACHE_PAGE_BYTES + skip,
			       bytes + done, piece);
		done += piece;
	}
}

static void forget(struct cache *cache, uint64_t at_bytes, uint64_t size_bytes)
{
	for (size_t place = 0; place < CACHE_PAGES; place++) {
		uint64_t begin = cache_begin_of(cache->numbers[place]);

		if (cache->numbers[place] != 0 && begin < at_bytes + size_bytes &&
		    at_bytes < begin + CACHE_PAGE_BYTES)
			cache->numbers[place] = 0;
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
	if (nbd_await_all(cache->nbd) < 0)
		return -1;
	forget(cache, at_bytes, size_bytes); /* it may stop half way */
	return nbd_zero(cache->nbd, at_bytes, size_bytes, punch);
}

int cache_flush(struct cache *cache)
{
	return nbd_await_all(cache->nbd) < 0 ? -1 : nbd_flush(cache->nbd);
}

int cache_settle(struct cache *cache)
{
	return nbd_await_all(cache->nbd);
}
