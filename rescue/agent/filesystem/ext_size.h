/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large an ext file system can be: arithmetic only. */
#ifndef FILESYSTEM_EXT_SIZE_H
#define FILESYSTEM_EXT_SIZE_H

#include "agent/disk.h"
#include "base/fault.h"
#include "ext_facts.h"

/* The number of blocks resize2fs will make of a partition of that size: what
 * fits, rounded down to a cluster, and without a last group too small to hold
 * its own metadata (the rule of adjust_new_size() in e2fsprogs'
 * resize/resize2fs.c). Not limited by ext_size_largest_blocks. */
uint64_t ext_size_blocks(const struct ext_facts *facts, uint64_t partition_bytes);

/* The most blocks that this file system can ever have: block numbers of 32 bits
 * without the 64bit feature, inode numbers of 32 bits, and group descriptors
 * that must fit in one group (resize/main.c and adjust_fs_info()). */
uint64_t ext_size_largest_blocks(const struct ext_facts *facts);

/* The same as a size of the disk, for a partition at start_bytes. In a larger
 * partition there would be room that the file system cannot use, be it one
 * sector: it is refused. */
struct limit ext_size_limit(const struct ext_facts *facts, uint64_t start_bytes,
			    uint32_t sector_bytes);

/* Fault fs-limit for a partition of that size, which is beyond the limit. */
int ext_size_refuse(const struct ext_facts *facts, uint64_t partition_bytes, struct fault *fault);

/* Where the reserved group descriptor blocks are used up, the next blocks are moved, in the end to
 * after the old end of the file system; and resize2fs 1.47.0 fails ("Illegal doubly indirect
 * block") when it looks there for what it moved (inode_scan_and_fix() in resize/resize2fs.c
 * iterates with the old file system's block count). In two grows it succeeds: the first one needs
 * no more descriptors than are reserved, moves nothing, and makes room within what is then old. The
 * size of the first one; where one is enough, blocks itself. */
uint64_t ext_size_first_step(const struct ext_facts *facts, uint64_t blocks);

#endif
