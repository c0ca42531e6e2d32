/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A swap area. It holds nothing while its system is off: only its header tells its size. */
#ifndef FILESYSTEM_SWAP_H
#define FILESYSTEM_SWAP_H

#include "fs.h"

extern const struct fs_ops swap_ops;

#endif
