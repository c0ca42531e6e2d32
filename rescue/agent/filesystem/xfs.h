/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xfs, versions 4 and 5. The kernel grows it while it is mounted; xfs_repair checks it. */
#ifndef FILESYSTEM_XFS_H
#define FILESYSTEM_XFS_H

#include "fs.h"

extern const struct fs_ops xfs_ops;

#endif
