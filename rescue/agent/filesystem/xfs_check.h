/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full check of an xfs by xfs_repair. */
#ifndef FILESYSTEM_XFS_CHECK_H
#define FILESYSTEM_XFS_CHECK_H

#include "base/fault.h"
#include "fs.h"
#include "tool.h"
#include "xfs_facts.h"

/* A log that has to be replayed is replayed first, by a mount, unless nothing may be
 * changed. Then check; with CHECK_REPAIR_ALL repair, and check again until nothing is
 * found. The log is never thrown away. Faults: fs-unclean (it needs a decision),
 * fs-unrepairable, fs-feature, fs-needs-memory, internal. */
int xfs_check(const struct fs_target *target, const struct xfs_facts *facts, enum check_mode mode,
	      const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault);

/* The options to mount it with: it may be a copy of another one, and what is counted of
 * its quota stays counted. */
#define XFS_OPTIONS_BYTES 64
const char *xfs_mount_options(const struct xfs_facts *facts, char out[static XFS_OPTIONS_BYTES]);

/* How many lists of eight buffers xfs_repair may keep (its bhash). Exposed for its tests. */
unsigned xfs_check_count_cache(const struct xfs_facts *facts, bool is_sealed);

/* What xfs_repair says, line by line. Zero-initialise. Exposed for its tests. */
struct xfs_repair_output {
	char line[256];
	size_t line_bytes;
	int percent;
	unsigned complaints;
	char first[200]; /* of the complaints; safe to show */
};

/* Feed bytes of it; the percentage so far, by the phase that it has come to. */
int xfs_repair_read(struct xfs_repair_output *output, const char *bytes, size_t size_bytes);

#endif
