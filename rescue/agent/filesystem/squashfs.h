/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A squashfs, which nothing can grow, and the overlay of OpenWrt behind it in the same
 * partition, which is grown. */
#ifndef FILESYSTEM_SQUASHFS_H
#define FILESYSTEM_SQUASHFS_H

#include "fs.h"

extern const struct fs_ops squashfs_ops;

#endif
