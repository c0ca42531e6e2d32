/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a sealed process. The agent, its libraries and the programs of the file
 * systems are linked so that their calls for files come here (the list is `symbols`):
 * there is the disk, which looks like the block device of a guest, with its partitions;
 * the small files of shared.h; /dev/null; and nothing else. Every other name is ENOENT
 * without asking anybody. Calls on descriptors that were inherited (the wire, standard
 * output) pass.
 *
 * It takes the place of libc, so its state is the process's, not an argument's. One
 * thread uses the disk at a time: e2fsprogs is built without threads, and of the agent's
 * two threads one only beats. */
#ifndef NATIVE_SHIM_H
#define NATIVE_SHIM_H

#include "nbd.h"
#include "shared.h"

/* The names that a guest's kernel gives, so that messages are the same. A partition is there
 * once it was told of (BLKPG). */
#define SHIM_DISK_NAME "sda"

/* How a worker ends, at once, whose disk or memory has failed: it is not to go on with half of
 * what it needs, and "repair" the rest away. */
#define SHIM_EXIT_DISK	 120
#define SHIM_EXIT_MEMORY 121

/* From now on. Both are borrowed. ends_at_error: this is a worker. */
void shim_open_disk(struct shared *shared, struct nbd *nbd, bool ends_at_error);

/* A worker ends: no answer may be on its way when the next process uses the connection. */
void shim_leave_disk(void);

/* Only the small files. */
void shim_open_files(struct shared *shared);

#endif
