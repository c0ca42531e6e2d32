/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system as a value, and how to name it to e2fsprogs. Hides how the
 * work is done: facts come from libext2fs in this process, checking and
 * resizing from e2fsck and resize2fs, whose algorithms no library exports. */
#ifndef FILESYSTEM_FS_H
#define FILESYSTEM_FS_H

#include "agent/disk.h"

#include <stdbool.h>
#include <stdint.h>

#define FS_LABEL_BYTES 64 /* 16 bytes on disk, each possibly 3 when made safe */
#define FS_UUID_BYTES  37

/* What e2fsprogs takes for a device: "/dev/sda2", or "FILE?offset=BYTES". */
struct fs_target {
	char device[DISK_PATH_BYTES + 32];
};

/* From the superblock; names and meanings follow the ext4 disk layout,
 * Documentation/filesystems/ext4/super.rst of the kernel. */
struct fs_facts {
	const char *type; /* "ext2", "ext3", "ext4" */
	char label[FS_LABEL_BYTES];
	char uuid[FS_UUID_BYTES];
	const char *state; /* "clean", "needs-recovery", "not-clean", "errors" */
	uint32_t block_bytes;
	uint64_t blocks;
	uint64_t free_blocks;
	uint32_t first_data_block;
	uint32_t blocks_per_group;
	uint32_t inodes_per_group;
	uint32_t inodes, free_inodes;
	uint32_t inode_table_blocks; /* of one group */
	uint32_t descriptors_per_block;
	uint32_t reserved_gdt_blocks;
	uint32_t flex_groups;	   /* whose bitmaps and tables lie together; 1 without flex_bg */
	uint32_t cluster_blocks;   /* 1 without bigalloc */
	uint32_t backup_groups[2]; /* with sparse_super2 */
	bool is_64bit;
	bool has_bigalloc;
	bool has_flex_bg; /* bitmaps and inode tables may lie in other groups */
	bool has_meta_bg; /* descriptors lie in many groups */
	bool has_sparse_super;
	bool has_sparse_super2;
};

#endif
