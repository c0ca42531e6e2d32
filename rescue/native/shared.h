/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the processes of a sealed run have in common: memory that was mapped before they
 * were forked. A few small files, which one writes and the next one reads (the list of
 * e2fsck's repairs, its configuration); the partitions, as a kernel would know them; and the
 * disk's first error. */
#ifndef NATIVE_SHARED_H
#define NATIVE_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SHARED_FOLDER	  "/run"
#define SHARED_NAME_BYTES 64
#define SHARED_FILES	  4
#define SHARED_FILE_BYTES ((size_t)64 << 20) /* memory is taken as it is written */

struct shared_file {
	char name[SHARED_NAME_BYTES]; /* "": none */
	size_t size_bytes;
	char bytes[SHARED_FILE_BYTES];
};

/* A part of the disk. number 0: none. */
struct shared_part {
	int number;
	uint64_t begin_bytes, size_bytes;
};

#define SHARED_PARTS 16

struct shared {
	atomic_int disk_error; /* errno of the first request that failed; 0: none */
	uint32_t sector_bytes; /* of the disk */
	struct shared_part parts[SHARED_PARTS];
	struct shared_file files[SHARED_FILES];
};

/* NULL with errno. Never unmapped. */
struct shared *shared_make(void);

/* As fopen(3), for reading from the beginning, or writing anew. */
FILE *shared_open(struct shared *shared, const char *path, const char *mode);

/* As unlink(2). */
int shared_remove(struct shared *shared, const char *path);

/* NULL with ENOENT: it is not there. */
const struct shared_file *shared_find(struct shared *shared, const char *path);

#endif
