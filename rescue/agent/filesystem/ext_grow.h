/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing an ext file system by resize2fs. */
#ifndef FILESYSTEM_EXT_GROW_H
#define FILESYSTEM_EXT_GROW_H

#include "base/fault.h"
#include "ext_facts.h"
#include "tool.h"

/* Grow to that many blocks. The file system must have passed ext_check just
 * before. Faults: fs-resize-failed, fs-feature (bigalloc), fs-needs-memory,
 * internal. */
int ext_grow(const struct fs_target *target, const struct ext_facts *facts, uint64_t blocks,
	     const struct fs_tools *tools, int *ret_exit_status, struct fault *fault);

/* Feed bytes of resize2fs -p; the percentage so far. There is no machine form
 * of its progress: "Begin pass N" opens a pass, and of each pass's bar of 40
 * characters the done ones are X (resize/main.c, resize/sim_progress.c).
 * Exposed for its tests. Zero-initialise. */
struct grow_progress {
	char line[64];
	size_t line_bytes;
	int pass, done;
};
int ext_grow_progress(struct grow_progress *progress, const char *bytes, size_t size_bytes);

#endif
