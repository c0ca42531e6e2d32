/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CHS addresses of an MBR entry: arithmetic only.
 *
 * Linux ignores them, but old boot loaders use them, and QEMU guesses the geometry of
 * the guest's BIOS from the end of the first used entry. So an entry that grows keeps
 * the manner in which it was written. These rules give its new end, the first that
 * applies:
 *
 * 1. An end of three zero bytes stays.
 * 2. The filler FE FF FF stays as an end; so does FF FF FF, if the start is FE FF FF
 *    or FF FF FF too.
 * 3. Else the end is computed from the LBA of the last sector, in the geometry of the
 *    table; a cylinder above 1023 is capped: cylinder 1023, last head, last sector.
 *
 * The geometry of the table is a pair (heads, sectors). An entry fits a pair if its
 * start and its end both are what this pair makes of their LBA; an address with a
 * cylinder above 1023 may be capped as above, or wrapped (the cylinder modulo 1024,
 * as libfdisk writes it). An entry without a size never fits. A pair scores 4 if the
 * target fits, and 1 for each other entry that fits. The pair with the highest score
 * is taken; of several, the first in this order: sectors 63, 62, ... 1; for each of
 * these, heads 255, 254, ... 1, then 256. So it is 255/63 where no entry fits any pair.
 */
#ifndef PARTITION_CHS_H
#define PARTITION_CHS_H

#include <stdint.h>

#define CHS_BYTES   3 /* head; sector, and bits 8-9 of the cylinder; cylinder */
#define CHS_ENTRIES 4

struct chs_entry {
	uint8_t start[CHS_BYTES], end[CHS_BYTES]; /* as in the table */
	uint64_t start_lba, sectors;		  /* sectors 0: the entry is not used */
};

/* The end CHS address that an entry gets when it grows. entries is the table before,
 * target the index of the entry (from 0), sectors_after its new size. */
void chs_end(const struct chs_entry entries[static CHS_ENTRIES], unsigned target,
	     uint64_t sectors_after, uint8_t ret_end[static CHS_BYTES]);

/* The same of the start of an entry that moves: its new first sector. An address of three zero
 * bytes and both fillers stay. */
void chs_start(const struct chs_entry entries[static CHS_ENTRIES], unsigned target,
	       uint64_t start_lba, uint8_t ret_start[static CHS_BYTES]);

#endif
