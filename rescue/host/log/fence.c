/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define PLACES_MAX  1024       /* an honest guest writes to few places outside: the table */
#define PIECE_BYTES (1u << 20) /* compare this many bytes per read */

/* What a comparison works with. */
struct fence {
	struct block_disk *image, *log;
	const struct write_set *set;
	struct fence_receipt *receipt;
	uint8_t *before, *after; /* PIECE_BYTES each */
};

int fence_breach(struct fault *fault, const char *format, ...)
{
	char what[300];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	fault_set(fault, REASON_FENCE_BREACH,
		  "The virtual machine changed bytes outside the target: %s. Its changes were "
		  "discarded, the image is unchanged",
		  what);
	return fault_hint(fault, "Please report it: this is a bug in grow-disk, or an attack by "
				 "the contents of the image");
}

static int compare_piece(const struct fence *fence, uint64_t at, size_t size_bytes,
			 struct fault *fault)
{
	uint64_t first = 0, differing;

	if (block_read(fence->log, at, fence->after, size_bytes, fault) < 0 ||
	    block_read(fence->image, at, fence->before, size_bytes, fault) < 0)
		return -1;
	if (memcmp(fence->before, fence->after, size_bytes) == 0)
		return 0;
	differing =
		write_set_judge(fence->set, at, fence->before, fence->after, size_bytes, &first);
	fence->receipt->differing_bytes += differing;
	if (differing == 0)
		return 0;
	return fence_breach(fault,
			    "%" PRIu64 " bytes outside of partition %u, the first at %" PRIu64,
			    differing, fence->set->target.number, first);
}

static int compare_range(const struct fence *fence, uint64_t at, uint64_t bytes,
			 struct fault *fault)
{
	while (bytes > 0) {
		size_t piece = bytes < PIECE_BYTES ? (size_t)bytes : PIECE_BYTES;

		if (compare_piece(fence, at, piece, fault) < 0)
			return -1;
		fence->receipt->compared_bytes += piece - write_set_within(fence->set, at, piece);
		at += piece;
		bytes -= piece;
	}
	return 0;
}

/* What may become certain bytes is read always. A disk with some of them new and some old has no
 * table: all of them changed, or none. */
static int compare_values(const struct fence *fence, struct fault *fault)
{
	uint64_t old_at = UINT64_MAX, new_at = UINT64_MAX;

	for (size_t i = 0; i < fence->set->count; i++) {
		const struct write_range *range = &fence->set->ranges[i];
		bool is_old, is_new;

		if (range->kind != WRITE_BYTES)
			continue;
		if (compare_piece(fence, range->at, (size_t)range->bytes, fault) < 0)
			return -1;
		is_old = memcmp(fence->after, fence->before, range->bytes) == 0;
		is_new = memcmp(fence->after, range->data, range->bytes) == 0;
		if (is_old && !is_new)
			old_at = range->at;
		if (is_new && !is_old)
			new_at = range->at;
	}
	if (old_at == UINT64_MAX || new_at == UINT64_MAX)
		return 0;
	return fence_breach(fault,
			    "a part of the partition table, the one at %" PRIu64
			    ", and not the one at %" PRIu64,
			    new_at, old_at);
}

static int compare_extents(const struct fence *fence, const struct block_extent *extents,
			   size_t count, struct fault *fault)
{
	unsigned places = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t at = extents[i].at, end = at + extents[i].bytes, bytes;

		at = at < TABLE_SECTOR_BYTES ? TABLE_SECTOR_BYTES : at;
		while (at < end && write_set_next(fence->set, &at, end, &bytes)) {
			if (++places > PLACES_MAX)
				return fence_breach(fault,
						    "more than %u places outside of partition %u",
						    PLACES_MAX, fence->set->target.number);
			if (compare_range(fence, at, bytes, fault) < 0)
				return -1;
			at += bytes;
		}
	}
	return 0;
}

int fence_compare(struct block_disk *image, struct block_disk *log, const struct write_set *set,
		  uint64_t size_after_bytes, struct fence_receipt *ret_receipt, struct fault *fault)
{
	cleanup_free uint8_t *pieces = malloc(2 * (size_t)PIECE_BYTES);
	cleanup_free struct block_extent *extents = NULL;
	struct fence fence = { .image = image,
			       .log = log,
			       .set = set,
			       .receipt = ret_receipt,
			       .before = pieces,
			       .after = pieces ? pieces + PIECE_BYTES : NULL };
	size_t count;

	*ret_receipt = (struct fence_receipt){ .made = true };
	if (!pieces)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	if (log->size_bytes != size_after_bytes)
		return fence_breach(fault, "the size of the disk, which is %" PRIu64 " bytes now",
				    log->size_bytes);
	if (compare_range(&fence, 0, TABLE_SECTOR_BYTES, fault) < 0 ||
	    compare_values(&fence, fault) < 0 || block_extents(log, &extents, &count, fault) < 0)
		return -1;
	return compare_extents(&fence, extents, count, fault);
}
