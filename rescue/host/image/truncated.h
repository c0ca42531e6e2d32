/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is missing is never filled in silently: a disk whose copy ended early is shorter than
 * its own partition table says. */
#ifndef IMAGE_TRUNCATED_H
#define IMAGE_TRUNCATED_H

#include "base/fault.h"
#include "table/table.h"

/* By the first sector of a disk of so many bytes. Fault: image-truncated. A sector without a
 * table that is known passes. */
int truncated_check(const uint8_t first_sector[TABLE_SECTOR_BYTES], uint64_t size_bytes,
		    const char *name, struct fault *fault);

#endif
