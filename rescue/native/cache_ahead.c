/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache_ahead.h"

#include "cache_pages.h"

/* Of the requests that may be under way, some are left for writes. */
#define AHEAD_REQUESTS_MAX 12
/* A stream is followed twice as far as it has come, up to this many pages. One that is shorter
 * most likely ends: xfs_repair reads a chunk of 64 inodes in two pieces, and the next one lies
 * elsewhere. */
#define STREAM_PAGES_MAX 128
#define STREAM_PAGES_MIN 8

/* Ask for what lacks in there, and move its beginning on. -1: no more can be asked for now. */
static int ask_for(struct cache *cache, struct cache_range *range)
{
	while (range->begin < range->end) {
		int count = cache->nbd->flights_count < AHEAD_REQUESTS_MAX
				    ? cache_ask(cache, range->begin, range->end)
				    : -1;

		if (count < 0)
			return -1;
		range->begin += count > 0 ? (uint64_t)count : 1;
	}
	return 0;
}

void cache_wish(struct cache *cache, uint64_t at_bytes, uint64_t size_bytes)
{
	struct cache_range wish = { cache_page_of(at_bytes),
				    cache_page_of(at_bytes + size_bytes - 1) + 1 };
	struct cache_range *last;

	if (!cache->bytes || size_bytes == 0)
		return;
	last = &cache->wishes[(cache->wishes_first + cache->wishes_count + CACHE_WISHES - 1) %
			      CACHE_WISHES];
	if (cache->wishes_count > 0 && last->begin <= wish.begin && wish.begin <= last->end) {
		if (last->end < wish.end)
			last->end = wish.end;
	} else if (cache->wishes_count < CACHE_WISHES) {
		cache->wishes_count++;
		cache->wishes[(cache->wishes_first + cache->wishes_count - 1) % CACHE_WISHES] =
			wish;
	}
}

/* What is read already is wished for no more. */
static void pass_by(struct cache_range *wish, struct cache_range range)
{
	if (wish->begin >= range.begin && wish->begin < range.end)
		wish->begin = range.end;
}

static int follow_wishes(struct cache *cache)
{
	while (cache->wishes_count > 0) {
		struct cache_range *wish = &cache->wishes[cache->wishes_first];

		pass_by(wish, cache->in_use);
		if (ask_for(cache, wish) < 0)
			return -1;
		cache->wishes_first = (cache->wishes_first + 1) % CACHE_WISHES;
		cache->wishes_count--;
	}
	return 0;
}

static void follow_stream(struct cache *cache)
{
	uint64_t pages =
		cache->streak * 2 < STREAM_PAGES_MAX ? cache->streak * 2 : STREAM_PAGES_MAX;
	struct cache_range next = { cache->in_use.end, cache->in_use.end + pages };

	/* In few large requests: not before half of it is used up. */
	if (cache->streak > STREAM_PAGES_MIN && !cache_has(cache, next.begin + pages / 2))
		ask_for(cache, &next);
}

void cache_use(struct cache *cache, struct cache_range range)
{
	struct cache_range before = cache->in_use;

	cache->in_use = range;
	if (range.begin > before.end || range.begin + 1 < before.end)
		cache->streak = 0;
	else if (range.end > before.end)
		cache->streak += range.end - before.end;
}

void cache_go_ahead(struct cache *cache)
{
	if (follow_wishes(cache) == 0)
		follow_stream(cache);
}
