/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full check of an f2fs by fsck.f2fs. */
#ifndef FILESYSTEM_F2FS_CHECK_H
#define FILESYSTEM_F2FS_CHECK_H

#include "base/fault.h"
#include "f2fs_facts.h"
#include "fs.h"

#include <stdbool.h>

/* What was said, as the programs of f2fs-tools say it: "[ASSERT] (function: line)  --> what". */
struct f2fs_output {
	char line[256];
	size_t line_bytes;
	char first[200]; /* the first complaint, safe to show; "" for none */
};

/* For struct tool: keeps the first complaint in a struct f2fs_output. There is no percentage. */
int f2fs_output_read(void *output, const char *bytes, size_t size_bytes);

/* What was not unmounted, a mount rolls forward first, unless mode is CHECK_READ_ONLY.
 * fsck.f2fs knows no repair that is safe without asking: CHECK_REPAIR_SAFE only takes away
 * the kernel's mark for a check, of a file system in which the check finds nothing. Faults:
 * needs-machine (a sealed process only checks), fs-unclean, fs-unrepairable, fs-feature (the kernel
 * cannot mount it), fs-needs-memory, internal. */
int f2fs_check(const struct fs_target *target, const struct f2fs_facts *facts, enum check_mode mode,
	       const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault);

#endif
