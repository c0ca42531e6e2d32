/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory.h"

#include <stddef.h>
#include <sys/mman.h>

/* The kernel fills the memory of the initramfs' archive and of its own start with
 * 0xCC when it gives it back (free_reserved_area). What is given back last is given
 * out first: with so much, a quarter of a saved machine is gone; more gains nothing. */
#define WIPE_BYTES ((size_t)24 << 20)

void memory_wipe(void)
{
	void *memory = mmap(NULL, WIPE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory != MAP_FAILED)
		munmap(memory, WIPE_BYTES);
}
