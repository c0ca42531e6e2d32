/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about an ext file system, read with libext2fs; nothing is written. */
#ifndef FILESYSTEM_EXT_FACTS_H
#define FILESYSTEM_EXT_FACTS_H

#include "base/fault.h"
#include "fs.h"

/* From the superblock; names and meanings follow the ext4 disk layout,
 * Documentation/filesystems/ext4/super.rst of the kernel. */
struct ext_facts {
	struct fs_facts common; /* state: FS_CLEAN, "needs-recovery", "not-clean", "errors" */
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

/* Read the superblock. Faults: fs-feature (a feature that our e2fsprogs does
 * not know, named), fs-unclean (the superblock itself is damaged), disk-io. */
int ext_facts_read(const struct fs_target *target, struct ext_facts *ret_facts,
		   struct fault *fault);

/* libext2fs' version. Static storage. */
const char *ext_facts_library_version(void);

#endif
