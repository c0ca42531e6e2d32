/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --keep-failed: the log of a grow that failed in the virtual machine stays, to be looked at
 * with rescue-disk. It is no log to be committed: no ticket ever names it. */
#ifndef LOG_FAILED_H
#define LOG_FAILED_H

#include "log.h"

/* IMAGE.grow-disk.failed */
void failed_path(const struct image *image, char *out, size_t out_bytes);

/* Keep the log there, with the image's time, by which it is told later whether they still
 * belong together. -1: it cannot be kept, and is gone. */
int failed_keep(struct log *log, const struct image *image, const struct programs *programs,
		struct fault *fault);

#endif
