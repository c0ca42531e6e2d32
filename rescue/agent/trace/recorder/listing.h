/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are the nodes there that the kernel says there should be, and the links that
 * there were? */
#ifndef RECORDER_LISTING_H
#define RECORDER_LISTING_H

#include "queue.h"

#include <stdbool.h>

#define LISTING_LINKS_MAX  16
#define LISTING_PATH_BYTES 320

/* The links of /dev/disk/by-label, as they were when it was listed first. */
struct listing {
	bool begun;
	size_t count;
	char links[LISTING_LINKS_MAX][LISTING_PATH_BYTES];
};

/* Record, for the disk and each of its partitions in /sys/block, and for each of
 * the links, whether it is there. How many are missing. */
unsigned listing_record(struct listing *listing, const char *disk, const char *moment,
			struct queue *queue);

#endif
