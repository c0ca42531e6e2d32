/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is missing is never filled in silently: a disk whose copy ended early is shorter than
 * its own partition table says. */
#ifndef IMAGE_TRUNCATED_H
#define IMAGE_TRUNCATED_H

#include "base/fault.h"
#include "table/table.h"

/* Does what is there, so many bytes of the disk, reach to the ends of its partitions; without
 * a table, to the end of its last sector? Fault: image-truncated. A GPT that lacks its backup
 * alone passes. */
int truncated_check(const struct table_source *disk, uint64_t there_bytes, const char *name,
		    struct fault *fault);

/* The same of the last sector alone, for who changes no partition. */
int truncated_check_end(uint64_t disk_bytes, uint64_t there_bytes, const char *name,
			struct fault *fault);

#endif
