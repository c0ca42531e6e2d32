/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read-ahead: pages that the tool has announced, and the next ones where pages are read one after
 * the other. */
#ifndef NATIVE_CACHE_AHEAD_H
#define NATIVE_CACHE_AHEAD_H

#include "cache.h"

/* From now on, these pages are read. */
void cache_use(struct cache *cache, struct cache_range range);

/* They are there or under way: ask for what comes next, as far as nothing has to be waited for. */
void cache_go_ahead(struct cache *cache);

#endif
