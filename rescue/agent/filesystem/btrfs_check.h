/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full check of a btrfs by `btrfs check`, which never repairs here. */
#ifndef FILESYSTEM_BTRFS_CHECK_H
#define FILESYSTEM_BTRFS_CHECK_H

#include "base/fault.h"
#include "fs.h"

/* Whatever mode allows, nothing is repaired but by the mount of the grow, which replays a
 * log of fsyncs: `btrfs check --repair` is not safe, as its own manual says. Faults:
 * fs-unclean, fs-unrepairable (with CHECK_REPAIR_ALL), fs-needs-memory, internal. */
int btrfs_check(const struct fs_target *target, enum check_mode mode, const struct fs_tools *tools,
		struct check_result *ret_result, struct fault *fault);

#endif
