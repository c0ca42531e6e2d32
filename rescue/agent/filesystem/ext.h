/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext2, ext3 and ext4. Facts come from libext2fs in this process, checks and resizes
 * from e2fsck and resize2fs, whose algorithms no library exports. */
#ifndef FILESYSTEM_EXT_H
#define FILESYSTEM_EXT_H

#include "fs.h"

extern const struct fs_ops ext_ops;

#endif
