/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is missing is never filled in silently: a disk whose copy ended early is shorter than
 * its own partition table says. */
#ifndef IMAGE_TRUNCATED_H
#define IMAGE_TRUNCATED_H

#include "base/fault.h"
#include "table/table.h"

/* By the ends of a disk's partitions. Fault: image-truncated. A disk without a table that is
 * known passes, and so does a GPT that lacks its backup alone. */
int truncated_check(const struct table_source *disk, const char *name, struct fault *fault);

#endif
