/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the /etc/fstab of a system calls its root: a hint, which no more than names a partition or a
 * volume. Source: fstab(5). */
#ifndef FILESYSTEM_FSTAB_H
#define FILESYSTEM_FSTAB_H

#include "fs.h"
#include "wire/request.h"

#include <stdbool.h>
#include <stddef.h>

#define FSTAB_MAX_BYTES 16384 /* of the file so much is read */

struct fstab_root {
	/* PARTITION_BY_NUMBER: by the name of a device, as value has it. */
	enum partition_by by;
	char value[REQUEST_VALUE_BYTES];
};

/* The device of the line whose mount point is "/", from the text of the file. Names of logical
 * volumes, "/dev/vg/root", become those of the device mapper. false: there is no such line, or its
 * device is written in an unknown way. */
bool fstab_find_root(const char *text, size_t size_bytes, struct fstab_root *ret_root);

/* The same of the file system of type ext2, ext3 or ext4 at that place, read by libext2fs without a
 * mount. Whatever is wrong with it is a false. */
bool fstab_read_root(const struct fs_target *target, struct fstab_root *ret_root);

#endif
