/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where pages lie, and how they come. */
#ifndef NATIVE_CACHE_PAGES_H
#define NATIVE_CACHE_PAGES_H

#include "cache.h"

/* The number of the page that has this byte, and its first byte. */
uint64_t cache_page_of(uint64_t at_bytes);
uint64_t cache_begin_of(uint64_t number);

/* The place of that page, whatever lies there. */
size_t cache_place(uint64_t number);

/* Is it there, or does it come? */
bool cache_has(const struct cache *cache, uint64_t number);

/* Ask for that page, and in the same request for those behind it that lack as well, before another;
 * do not wait. How many were asked for. 0: the page is there, or behind the end of the disk. -1
 * with errno, EBUSY: not as long as what is under way has not come. */
int cache_ask(struct cache *cache, uint64_t number, uint64_t end);

#endif
