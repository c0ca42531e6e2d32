/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk under work, as a value: filled by devices/wait_device.c; and its limits. */
#ifndef AGENT_DISK_H
#define AGENT_DISK_H

#include "base/reason.h"

#include <stdbool.h>
#include <stdint.h>

#define DISK_PATH_BYTES 4096

struct disk {
	char name[32];		    /* the kernel's name: "sda"; "image" for a file */
	char path[DISK_PATH_BYTES]; /* "/dev/sda", or the image file */
	int fd;			    /* open on path; owned by the job */
	bool is_file;		    /* an image file: no kernel knows its partitions */
	uint64_t size_bytes;
	uint64_t size_before_bytes; /* before it was grown; 0: not known */
	uint32_t sector_bytes;	    /* logical sector: what the table counts in */
};

/* Something that bounds how large the disk may become: where the partition to
 * grow may end at most. */
struct limit {
	enum reason reason;	     /* of the refusal when it is exceeded */
	uint64_t largest_disk_bytes; /* whole sectors */
};

#endif
