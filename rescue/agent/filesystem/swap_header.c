/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "swap_header.h"

#include "base/bytes.h"

#include <string.h>

#define VERSION_AT   1024
#define BAD_PAGES_AT 1032
#define UUID_AT	     1036
#define LABEL_AT     1052
#define BAD_LIST_AT  1536
#define MAGIC_BYTES  10 /* at the very end of the page */
#define PAGE_MIN     4096
#define VERSION	     1

static const char magic[] = "SWAPSPACE2", old_magic[] = "SWAP-SPACE";

/* What the kernel, and the programs that hibernate, write over the magic. */
static const char *const hibernation_magics[] = { "S1SUSPEND", "S2SUSPEND", "ULSUSPEND",
						  "LINHIB0001",
						  "\xed\xc3\x02\xe9\x98\x56\xe5\x0c" };

static bool is_hibernation(const uint8_t *at)
{
	for (size_t i = 0; i < sizeof(hibernation_magics) / sizeof(hibernation_magics[0]); i++)
		if (memcmp(at, hibernation_magics[i], strlen(hibernation_magics[i])) == 0)
			return true;
	return false;
}

static uint32_t number_at(const struct swap_header *header, const uint8_t *at)
{
	return header->is_big_endian ? be32_at(at) : le32_at(at);
}

static int refuse_hibernation(struct fault *fault)
{
	fault_set(fault, REASON_FS_UNCLEAN,
		  "the swap area holds the memory of a hibernating system");
	return fault_hint(fault,
			  "boot that system and shut it down: growing now would lose its memory");
}

/* The size of the page is only told by where the magic lies. */
static int find_magic(const uint8_t *bytes, size_t size_bytes, uint32_t *ret_page_bytes,
		      struct fault *fault)
{
	for (uint32_t page = PAGE_MIN; page <= size_bytes && page <= SWAP_PAGE_MAX_BYTES;
	     page *= 2) {
		const uint8_t *at = bytes + page - MAGIC_BYTES;

		*ret_page_bytes = page;
		if (memcmp(at, magic, MAGIC_BYTES) == 0)
			return 0;
		if (is_hibernation(at))
			return refuse_hibernation(fault);
		if (memcmp(at, old_magic, MAGIC_BYTES) == 0)
			break;
	}
	fault_set(fault, REASON_FS_FEATURE, "the swap area has no header of version 1");
	return fault_hint(fault, "make a new one with mkswap on the grown partition; "
				 "--partition chooses another partition");
}

/* All bad pages lie in the header's page, and within the area. */
static bool are_bad_pages_right(const uint8_t *bytes, const struct swap_header *header)
{
	uint32_t room = (header->page_bytes - MAGIC_BYTES - BAD_LIST_AT) / 4;

	if (header->bad_pages > room)
		return false;
	for (uint32_t i = 0; i < header->bad_pages; i++) {
		uint32_t page = number_at(header, bytes + BAD_LIST_AT + 4 * i);

		if (page == 0 || page > header->last_page)
			return false;
	}
	return true;
}

int swap_header_read(const uint8_t *bytes, size_t size_bytes, struct swap_header *ret_header,
		     struct fault *fault)
{
	struct swap_header header = { 0 };

	if (find_magic(bytes, size_bytes, &header.page_bytes, fault) < 0)
		return -1;
	header.is_big_endian = le32_at(bytes + VERSION_AT) == (uint32_t)VERSION << 24;
	header.last_page = number_at(&header, bytes + SWAP_LAST_PAGE_AT);
	header.bad_pages = number_at(&header, bytes + BAD_PAGES_AT);
	memcpy(header.uuid, bytes + UUID_AT, SWAP_UUID_BYTES);
	memcpy(header.label, bytes + LABEL_AT, SWAP_LABEL_BYTES);
	if (number_at(&header, bytes + VERSION_AT) != VERSION || header.last_page == 0 ||
	    !are_bad_pages_right(bytes, &header)) {
		fault_set(fault, REASON_FS_UNREPAIRABLE, "the header of the swap area is damaged");
		return fault_hint(fault, "make a new one with mkswap -U UUID -L LABEL: a swap area "
					 "holds no data while its system is off");
	}
	*ret_header = header;
	return 0;
}

uint64_t swap_header_pages(const struct swap_header *header, uint64_t area_bytes)
{
	uint64_t pages = area_bytes / header->page_bytes;

	return pages > UINT32_MAX ? UINT32_MAX : pages;
}

void swap_header_set_last_page(const struct swap_header *header, uint32_t last_page, uint8_t out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(last_page >> 8 * (header->is_big_endian ? 3 - i : i));
}
