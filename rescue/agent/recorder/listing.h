/* Are the nodes there that the kernel says there should be? */
#ifndef RECORDER_LISTING_H
#define RECORDER_LISTING_H

#include "queue.h"

#include <stdbool.h>

/* Record, for the disk and each of its partitions in /sys/block, whether the
 * node below /dev is there; and for each label link that ever was below
 * /dev/disk/by-label, nothing: links are recorded as they come and go. How many
 * nodes are missing. */
unsigned listing_record(const char *disk, const char *moment, struct queue *queue);

#endif
