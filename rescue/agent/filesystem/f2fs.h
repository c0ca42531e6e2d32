/* SPDX-License-Identifier: GPL-2.0-or-later */
/* f2fs on a single device: checked by fsck.f2fs, grown by the same program as resize.f2fs. */
#ifndef FILESYSTEM_F2FS_H
#define FILESYSTEM_F2FS_H

#include "fs.h"

extern const struct fs_ops f2fs_ops;

#endif
