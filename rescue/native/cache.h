/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one process has read of the disk, in pages: e2fsck reads bitmaps and directories block by
 * block, and each question to the service costs more than its answer. The next pages are asked for
 * before they are wanted, and small writes do not wait, so the service works while the process
 * does. Nobody else may write meanwhile: so it is for a worker alone, whose turn it is until it
 * ends. */
#ifndef NATIVE_CACHE_H
#define NATIVE_CACHE_H

#include "nbd.h"

#define CACHE_PAGE_BYTES ((size_t)4 << 10)
#define CACHE_PAGES	 4096
#define CACHE_WISHES	 4096

/* Pages of the disk, from one up to another. They are counted from 1. */
struct cache_range {
	uint64_t begin, end;
};

struct cache {
	struct nbd *nbd;	       /* borrowed */
	uint8_t *bytes;		       /* CACHE_PAGES of them; NULL: nothing is kept */
	uint64_t numbers[CACHE_PAGES]; /* which page lies there; 0: none */
	int errors[CACHE_PAGES];       /* of its bytes: 0, NBD_UNDER_WAY, or an errno */
	struct cache_range in_use;     /* what is read now */
	uint64_t streak;	       /* so many pages were read one after the other */
	struct cache_range *wishes;    /* a ring of CACHE_WISHES */
	int wishes_first, wishes_count;
};

/* Out of memory: everything goes to the service. Never freed. */
void cache_open(struct cache *cache, struct nbd *nbd);

/* As those of nbd.h; but an error of a write may come from a later call, at the latest from
 * cache_flush. */
int cache_read(struct cache *cache, uint64_t at_bytes, void *bytes, size_t size_bytes);
int cache_write(struct cache *cache, uint64_t at_bytes, const void *bytes, size_t size_bytes);
int cache_zero(struct cache *cache, uint64_t at_bytes, uint64_t size_bytes, bool punch);
int cache_flush(struct cache *cache);

/* These bytes will be read soon. Nothing is said of errors: they come when it is read. */
void cache_wish(struct cache *cache, uint64_t at_bytes, uint64_t size_bytes);

/* Nothing is under way any more: another process may use the connection. 0, or -1 with errno. */
int cache_settle(struct cache *cache);

#endif
