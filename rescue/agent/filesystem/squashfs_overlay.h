/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies in the partition of a squashfs. Sources: struct squashfs_super_block in the
 * kernel's fs/squashfs/squashfs_fs.h; OpenWrt's fstools, libfstools/rootdisk.c, which makes a
 * loop device from the next multiple of 64 KiB behind the squashfs, and with a file system
 * that it does not find there its own. */
#ifndef FILESYSTEM_SQUASHFS_OVERLAY_H
#define FILESYSTEM_SQUASHFS_OVERLAY_H

#include "base/fault.h"

#include <stddef.h>
#include <stdint.h>

#define SQUASHFS_SUPERBLOCK_BYTES 96
#define SQUASHFS_OVERLAY_ALIGN	  65536
#define SQUASHFS_OVERLAY_LOOK	  65536 /* so many bytes tell what an overlay is */

struct squashfs_place {
	uint64_t used_bytes; /* of the squashfs */
	uint64_t overlay_at; /* bytes from its start */
};

/* From its superblock. Faults: fs-feature (another version), fs-unclean. */
int squashfs_read(const uint8_t super[static SQUASHFS_SUPERBLOCK_BYTES],
		  struct squashfs_place *ret_place, struct fault *fault);

/* What is there, from up to SQUASHFS_OVERLAY_LOOK bytes: *ret_type is "f2fs", "ext4" (also
 * ext2 and ext3), or NULL before the first boot, when all is zero or the mark of OpenWrt.
 * Fault fs-feature for anything else: it is not OpenWrt's. */
int squashfs_overlay_type(const uint8_t *bytes, size_t size_bytes, const char **ret_type,
			  struct fault *fault);

#endif
