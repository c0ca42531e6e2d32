/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block service: a qemu-storage-daemon, confined like QEMU, opens image and log and
 * exports them, read-only, over NBD on a unix socket in our work folder
 * (or, where that cannot have sockets, in a folder of its own). The host reads
 * disks through it alone. Sources: qemu-storage-daemon(1), QEMU's qapi/block-export.json,
 * docs/interop/nbd.txt for the meta context qemu:allocation-depth. */
#ifndef BLOCK_BLOCK_H
#define BLOCK_BLOCK_H

#include "host/image/image.h"
#include "host/private_socket.h"
#include "host/program.h"
#include "host/vm/qemu/qmp.h"
#include "table/table.h"

#include <libnbd.h>
#include <sys/types.h>

/* block_close must follow block_start, also after a failure. */
struct block {
	struct program_process daemon; /* pid 0: none */
	struct qmp qmp;
	int qmp_fd;
	struct private_socket socket;
	struct interrupt *interrupt;
};

/* One disk of it. block_disk_close frees it. */
struct block_disk {
	struct nbd_handle *nbd;
	struct interrupt *interrupt;
	uint64_t size_bytes;
	const char *what; /* "image", "log": for sentences */
};

/* A piece that the uppermost file of a disk holds itself. */
struct block_extent {
	uint64_t at, bytes;
};

/* What it serves. The log may be empty yet. */
struct block_files {
	const struct image *image; /* its descriptor is open */
	const char *log_path;	   /* NULL: none */
	int log_fd;		   /* open for reading; borrowed */
	const char *work_folder;   /* ours alone: for the socket */
};

/* Start the daemon with the image. Does not wait until it is up. */
int block_start(struct block *block, const struct block_files *files,
		const struct programs *programs, struct fault *fault);

/* Export the log as well, which has the image behind it. Nobody may write to it any more. */
int block_add_log(struct block *block, const struct block_files *files, struct fault *fault);

/* Connect to "image" or "log". Faults: disk-io, missing-program, interrupted, internal. */
int block_open(struct block *block, const char *what, struct block_disk *ret_disk,
	       struct fault *fault);

/* Read all of these bytes. Behind the end of the disk they are zero. */
int block_read(struct block_disk *disk, uint64_t at, void *bytes, size_t size_bytes,
	       struct fault *fault);

/* A disk as a source of its partition table; context is borrowed by what is returned. */
struct block_source {
	struct block_disk *disk; /* borrowed */
	struct fault fault;
};
struct table_source block_source(struct block_source *context, struct block_disk *disk);

/* Why the table was TABLE_UNREADABLE. Always -1. */
int block_source_fault(const struct block_source *context, struct fault *fault);

/* Have this look at the disk of an image, which is a service of its own for that alone if the
 * image is no raw one. Its answer; -1 with the fault if the disk cannot be opened. */
int block_look(const struct image *image, const char *work_folder, const struct programs *programs,
	       int (*look)(void *context, const struct table_source *source), void *context,
	       struct fault *fault);

/* What the log holds itself, in order, touching pieces joined. *ret_extents is owned by the
 * caller. */
int block_extents(struct block_disk *disk, struct block_extent **ret_extents, size_t *ret_count,
		  struct fault *fault);

void block_disk_close(struct block_disk *disk);

/* For this room: a new connection to the daemon, or -1; and why it is gone, always -1. */
int block_connect(struct block *block, struct fault *fault);
int block_explain(struct block *block, struct fault *fault);

/* End the daemon: it has no file any more when this returns. */
void block_close(struct block *block);

#endif
