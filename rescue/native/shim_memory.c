/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the tools alone. Where it runs out e2fsck would give up as if the file system were
 * beyond repair; so the worker ends, and the run is done again where there is more. */
#include "shim.h"

#include "shim_calls.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

static void *require(void *memory, size_t size_bytes)
{
	if (!memory && size_bytes > 0)
		_exit(SHIM_EXIT_MEMORY);
	return memory;
}

void *shim_malloc(size_t size_bytes)
{
	return require(malloc(size_bytes), size_bytes);
}

void *shim_calloc(size_t count, size_t size_bytes)
{
	return require(calloc(count, size_bytes), count ? size_bytes : 0);
}

void *shim_realloc(void *memory, size_t size_bytes)
{
	return require(realloc(memory, size_bytes), size_bytes);
}

int shim_posix_memalign(void **ret_memory, size_t alignment, size_t size_bytes)
{
	int error = posix_memalign(ret_memory, alignment, size_bytes);

	if (error == ENOMEM)
		_exit(SHIM_EXIT_MEMORY);
	return error;
}

void *shim_memalign(size_t alignment, size_t size_bytes)
{
	return require(memalign(alignment, size_bytes), size_bytes);
}
