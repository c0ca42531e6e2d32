/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chs.h"

#include <stdbool.h>
#include <string.h>

#define CYLINDER_MAX 1023
#define HEADS_MAX    256
#define SECTORS_MAX  63

/* DOS cannot use 256 heads, so 255 is what a table most likely counts in. */
#define HEADS_LIKELY 255

#define TARGET_SCORE 4 /* more than all other entries together */

static const uint8_t zero[CHS_BYTES];
static const uint8_t filler[CHS_BYTES] = { 0xfe, 0xff, 0xff };
static const uint8_t filler_256[CHS_BYTES] = { 0xff, 0xff, 0xff };

struct geometry {
	unsigned heads, sectors;
};

static bool equal(const uint8_t *one, const uint8_t *other)
{
	return memcmp(one, other, CHS_BYTES) == 0;
}

static void encode(uint64_t cylinder, unsigned head, unsigned sector,
		   uint8_t ret_address[static CHS_BYTES])
{
	ret_address[0] = (uint8_t)head;
	ret_address[1] = (uint8_t)(sector | (cylinder >> 8 & 3) << 6);
	ret_address[2] = (uint8_t)cylinder;
}

static void encode_wrapped(struct geometry geometry, uint64_t lba,
			   uint8_t ret_address[static CHS_BYTES])
{
	encode(lba / geometry.sectors / geometry.heads,
	       (unsigned)(lba / geometry.sectors % geometry.heads),
	       (unsigned)(lba % geometry.sectors) + 1, ret_address);
}

static void encode_capped(struct geometry geometry, uint64_t lba,
			  uint8_t ret_address[static CHS_BYTES])
{
	if (lba / geometry.sectors / geometry.heads > CYLINDER_MAX)
		encode(CYLINDER_MAX, geometry.heads - 1, geometry.sectors, ret_address);
	else
		encode_wrapped(geometry, lba, ret_address);
}

static bool address_fits(struct geometry geometry, const uint8_t *address, uint64_t lba)
{
	uint8_t wrapped[CHS_BYTES], capped[CHS_BYTES];

	encode_wrapped(geometry, lba, wrapped);
	encode_capped(geometry, lba, capped);
	return equal(address, wrapped) || equal(address, capped);
}

static bool entry_fits(struct geometry geometry, const struct chs_entry *entry)
{
	return entry->sectors > 0 && address_fits(geometry, entry->start, entry->start_lba) &&
	       address_fits(geometry, entry->end, entry->start_lba + entry->sectors - 1);
}

static unsigned score_of(struct geometry geometry, const struct chs_entry *entries, unsigned target)
{
	unsigned score = 0;

	for (unsigned i = 0; i < CHS_ENTRIES; i++)
		if (entry_fits(geometry, &entries[i]))
			score += i == target ? TARGET_SCORE : 1;
	return score;
}

static struct geometry find_geometry(const struct chs_entry *entries, unsigned target)
{
	struct geometry best = { HEADS_LIKELY, SECTORS_MAX };
	unsigned best_score = 0;

	for (unsigned sectors = SECTORS_MAX; sectors > 0; sectors--) {
		for (unsigned turn = 0; turn < HEADS_MAX; turn++) {
			unsigned heads = turn < HEADS_LIKELY ? HEADS_LIKELY - turn : HEADS_MAX;
			struct geometry tried = { heads, sectors };
			unsigned score = score_of(tried, entries, target);

			if (score > best_score) {
				best = tried;
				best_score = score;
			}
		}
	}
	return best;
}

static bool is_filler(const uint8_t *address)
{
	return equal(address, filler) || equal(address, filler_256);
}

void chs_end(const struct chs_entry entries[static CHS_ENTRIES], unsigned target,
	     uint64_t sectors_after, uint8_t ret_end[static CHS_BYTES])
{
	const struct chs_entry *entry = &entries[target];

	if (equal(entry->end, zero) || equal(entry->end, filler) ||
	    (equal(entry->end, filler_256) && is_filler(entry->start)))
		memcpy(ret_end, entry->end, CHS_BYTES);
	else
		encode_capped(find_geometry(entries, target), entry->start_lba + sectors_after - 1,
			      ret_end);
}

void chs_start(const struct chs_entry entries[static CHS_ENTRIES], unsigned target,
	       uint64_t start_lba, uint8_t ret_start[static CHS_BYTES])
{
	const struct chs_entry *entry = &entries[target];

	if (equal(entry->start, zero) || is_filler(entry->start))
		memcpy(ret_start, entry->start, CHS_BYTES);
	else
		encode_capped(find_geometry(entries, target), start_lba, ret_start);
}
