/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache_pages.h"

#include "nbd_later.h"

#include <errno.h>

#define RUN_PAGES 32 /* of one request: 128 KiB */

uint64_t cache_page_of(uint64_t at_bytes)
{
	return at_bytes / CACHE_PAGE_BYTES + 1;
}

uint64_t cache_begin_of(uint64_t number)
{
	return (number - 1) * CACHE_PAGE_BYTES;
}

size_t cache_place(uint64_t number)
{
	return (size_t)(number % CACHE_PAGES);
}

bool cache_has(const struct cache *cache, uint64_t number)
{
	size_t place = cache_place(number);

	return cache->numbers[place] == number &&
	       (cache->errors[place] == 0 || cache->errors[place] == NBD_UNDER_WAY);
}

/* Nothing is under way for the page or for its place, and what lies there is not in use. */
static bool is_free(const struct cache *cache, uint64_t number)
{
	size_t place = cache_place(number);
	uint64_t other = cache->numbers[place];

	if (other != 0 && cache->errors[place] == NBD_UNDER_WAY)
		return false;
	if (other != number && other >= cache->in_use.begin && other < cache->in_use.end)
		return false;
	return !nbd_touches(cache->nbd, cache_begin_of(number), CACHE_PAGE_BYTES);
}

static bool lacks(const struct cache *cache, uint64_t number)
{
	return cache_begin_of(number) < cache->nbd->size_bytes && !cache_has(cache, number);
}

/* So many pages can come in one request: they lie one behind the other. */
static size_t run_of(const struct cache *cache, uint64_t number, uint64_t end)
{
	size_t count = 0;

	while (count < RUN_PAGES && number + count < end &&
	       (count == 0 || cache_place(number + count) != 0) && lacks(cache, number + count) &&
	       is_free(cache, number + count))
		count++;
	return count;
}

int cache_ask(struct cache *cache, uint64_t number, uint64_t end)
{
	size_t place = cache_place(number), count = run_of(cache, number, end);
	uint64_t begin = cache_begin_of(number), left = cache->nbd->size_bytes - begin;
	size_t size_bytes = count * CACHE_PAGE_BYTES;

	if (!lacks(cache, number))
		return 0;
	errno = EBUSY;
	if (count == 0 || nbd_read_ahead(cache->nbd, begin, cache->bytes + place * CACHE_PAGE_BYTES,
					 size_bytes < left ? size_bytes : (size_t)left,
					 &cache->errors[place], count) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		cache->numbers[place + i] = number + i;
	return (int)count;
}
