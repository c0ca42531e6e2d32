/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a swap area: its first page. Pure. Sources: union swap_header in the kernel's
 * include/linux/swap.h; mkswap(8). */
#ifndef FILESYSTEM_SWAP_HEADER_H
#define FILESYSTEM_SWAP_HEADER_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWAP_PAGE_MAX_BYTES 65536
#define SWAP_LABEL_BYTES    16
#define SWAP_UUID_BYTES	    16

struct swap_header {
	uint32_t page_bytes;
	bool is_big_endian;
	uint32_t last_page;
	uint32_t bad_pages;
	uint8_t uuid[SWAP_UUID_BYTES];
	char label[SWAP_LABEL_BYTES + 1];
};

/* From the first SWAP_PAGE_MAX_BYTES of an area, which may have less. Faults: fs-unclean (it holds
 * an image of hibernation), fs-feature (an old or unknown version), fs-unrepairable. */
int swap_header_read(const uint8_t *bytes, size_t size_bytes, struct swap_header *ret_header,
		     struct fault *fault);

/* The pages that an area of that size can have: at most what last_page can say. */
uint64_t swap_header_pages(const struct swap_header *header, uint64_t area_bytes);

/* Where last_page lies, and its four bytes in the header's own byte order. */
#define SWAP_LAST_PAGE_AT 1028
void swap_header_set_last_page(const struct swap_header *header, uint32_t last_page,
			       uint8_t out[4]);

#endif
