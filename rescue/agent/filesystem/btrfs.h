/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btrfs on a single device. The kernel grows it while it is mounted; `btrfs check` checks
 * it. */
#ifndef FILESYSTEM_BTRFS_H
#define FILESYSTEM_BTRFS_H

#include "fs.h"

extern const struct fs_ops btrfs_ops;

#endif
