/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The swap partition that a grow moves to the end of the disk, computed a second time: the agent
 * has code of its own for it. */
#include "produce.h"

#include <string.h>

#define ALIGN_BYTES    (1 << 20) /* what moves keeps its place within so many bytes */
#define PAGE_MIN_BYTES 4096u
#define MAGIC	       "SWAPSPACE2"
#define MAGIC_BYTES    10

/* The size of the header's page; 0: it is no swap, or one that a system hibernates in. */
static uint32_t header_bytes_of(const struct table_source *before, const struct table_part *part,
				uint32_t sector_bytes)
{
	uint64_t at = part->start_lba * sector_bytes, bytes = part->size_sectors * sector_bytes;

	for (uint32_t page = PAGE_MIN_BYTES; page <= PRODUCE_HEADER_MAX_BYTES && page <= bytes;
	     page *= 2) {
		uint8_t magic[MAGIC_BYTES];

		if (before->read(before->context, at + page - MAGIC_BYTES, magic, MAGIC_BYTES) < 0)
			return 0;
		if (memcmp(magic, MAGIC, MAGIC_BYTES) == 0)
			return page;
	}
	return 0;
}

const struct table_part *produce_before_swap(const struct table_source *before,
					     const struct table_parts *parts, uint32_t sector_bytes)
{
	const struct table_part *last = table_choose(parts, 0), *found = NULL;

	if (!last || header_bytes_of(before, last, sector_bytes) == 0)
		return last;
	for (size_t i = 0; i < parts->count; i++) {
		const struct table_part *part = &parts->parts[i];

		if (!part->is_container && part->start_lba < last->start_lba &&
		    (!found || part->start_lba > found->start_lba))
			found = part;
	}
	return found ? found : last;
}

/* Does nothing lie behind the target but that part, and the container that is its alone? */
static bool is_alone_behind(const struct table_parts *parts, const struct table_part *target,
			    const struct table_part *part, const struct table_part *container)
{
	for (size_t i = 0; i < parts->count; i++) {
		const struct table_part *other = &parts->parts[i];

		if (other != target && other != part && other != container &&
		    table_begin_behind_lba(other, target->start_lba) != UINT64_MAX)
			return false;
	}
	/* A record behind its own, be it empty, would stay where it is. */
	return !container || (target->container == 0 && part->ebr_lba == container->start_lba &&
			      part->next_ebr_lba == 0 && container->start_lba > target->start_lba);
}

void produce_find_move(const struct table_source *before, const struct table_parts *parts,
		       const struct table_part *target, uint64_t room_end_lba,
		       uint32_t sector_bytes, struct produce_move *ret_move)
{
	const struct table_part *part = table_choose(parts, 0);
	const struct table_part *container =
		part->container ? table_choose(parts, part->container) : NULL;
	const struct table_part *block = container ? container : part;
	const uint64_t align_sectors = ALIGN_BYTES / sector_bytes;
	uint64_t end_lba = table_end_lba(block);
	uint32_t header_bytes = header_bytes_of(before, part, sector_bytes);

	*ret_move = (struct produce_move){ 0 };
	if (part == target || header_bytes == 0 ||
	    !is_alone_behind(parts, target, part, container) ||
	    block->start_lba < table_end_lba(target) || room_end_lba < end_lba + align_sectors)
		return;
	*ret_move = (struct produce_move){
		.part = part,
		.container = container,
		.from_lba = block->start_lba,
		.shift_sectors = (room_end_lba - end_lba) / align_sectors * align_sectors,
		.header_bytes = header_bytes,
	};
}

/* A copy of what lies there, that much farther behind. */
static int add_copy(const struct table_source *before, uint64_t from, uint64_t bytes,
		    uint64_t shift_bytes, struct write_set *set, uint8_t **free_at)
{
	uint8_t *data = *free_at;

	*free_at += bytes;
	produce_range(set, (struct write_range){ .at = from + shift_bytes,
						 .bytes = bytes,
						 .kind = WRITE_BYTES,
						 .data = data });
	return before->read(before->context, from, data, bytes);
}

int produce_add_moved(const struct table_source *before, const struct produce_move *move,
		      uint32_t sector_bytes, struct write_set *set, uint8_t **free_at)
{
	uint64_t shift_bytes = move->shift_sectors * sector_bytes;
	uint64_t header_at;

	if (!move->part)
		return 0;
	header_at = move->part->start_lba * sector_bytes;
	if (move->container && add_copy(before, move->from_lba * sector_bytes, TABLE_SECTOR_BYTES,
					shift_bytes, set, free_at) < 0)
		return -1;
	if (add_copy(before, header_at, move->header_bytes, shift_bytes, set, free_at) < 0)
		return -1;
	set->moved = *move->part;
	set->moved.start_lba += move->shift_sectors;
	set->moved_header = set->count - 1;
	return 0;
}
