/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about an ext file system, read with libext2fs; nothing is written. */
#ifndef FILESYSTEM_EXT_FACTS_H
#define FILESYSTEM_EXT_FACTS_H

#include "base/fault.h"
#include "fs.h"

/* How e2fsprogs will call the partition at start_bytes of that disk. */
void ext_facts_target(const struct disk *disk, unsigned partition, uint64_t start_bytes,
		      struct fs_target *ret_target);

/* Read the superblock. Faults: fs-feature (a feature that our e2fsprogs does
 * not know, named), fs-unclean (the superblock itself is damaged), disk-io. */
int ext_facts_read(const struct fs_target *target, struct fs_facts *ret_facts, struct fault *fault);

/* libext2fs' version. Static storage. */
const char *ext_facts_library_version(void);

#endif
