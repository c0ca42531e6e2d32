/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for jansson's values during one input, out of one array. The
 * sanitizer's own allocator was most of the time of an input; here every value
 * still lies between forbidden gaps, and is forbidden itself once freed. */
#include "fuzz.h"

#include <jansson.h>
#include <sanitizer/asan_interface.h>

#define ARENA_BYTES (4 * 1024 * 1024)
#define UNIT_BYTES  16 /* alignment, and the least gap */

static _Alignas(UNIT_BYTES) char arena[ARENA_BYTES];
static uint32_t sizes_bytes[ARENA_BYTES / UNIT_BYTES]; /* of the value that begins in that unit */
static size_t used_bytes;
static size_t living;

static void *take(size_t size_bytes)
{
	size_t left_bytes = ARENA_BYTES - used_bytes;
	char *value = arena + used_bytes;

	if (left_bytes < 2 * UNIT_BYTES || size_bytes > left_bytes - 2 * UNIT_BYTES)
		return NULL; /* out of memory, which the code has to stand as well */
	sizes_bytes[used_bytes / UNIT_BYTES] = (uint32_t)size_bytes;
	used_bytes += size_bytes / UNIT_BYTES * UNIT_BYTES + 2 * UNIT_BYTES;
	ASAN_UNPOISON_MEMORY_REGION(value, size_bytes);
	living++;
	return value;
}

static void give_back(void *value)
{
	if (!value)
		return;
	MUST((char *)value >= arena && (char *)value < arena + used_bytes);
	MUST(!__asan_address_is_poisoned(value));
	ASAN_POISON_MEMORY_REGION(value, sizes_bytes[((char *)value - arena) / UNIT_BYTES]);
	living--;
}

void fuzz_arena_begin(void)
{
	if (used_bytes == 0) {
		json_set_alloc_funcs(take, give_back);
		ASAN_POISON_MEMORY_REGION(arena, ARENA_BYTES);
	}
	used_bytes = UNIT_BYTES;
}

void fuzz_arena_end(void)
{
	MUST(living == 0);
}
