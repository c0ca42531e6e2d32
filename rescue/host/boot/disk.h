/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that a machine may write to: an overlay in the work folder, of which nothing stays, or a
 * log beside the image, which may be kept (host/log/keep.h). */
#ifndef BOOT_DISK_H
#define BOOT_DISK_H

#include "host/log/log.h"
#include "host/vm/qemu/disk_node.h"

/* What lies under it. All is borrowed, and must outlive the disk. */
struct boot_layers {
	const struct image *image;
	const char *log_path;	 /* of a grow, over the image; NULL: none */
	uint64_t size_bytes;	 /* of the disk */
	const char *work_folder; /* ours alone */
	const char *name;	 /* of the overlay's file */
	struct log *kept;	 /* named, and the overlay instead; NULL: one of our own */
};

struct boot_disk {
	struct log overlay;
	int overlay_fd, log_fd, image_fd; /* owned; -1: none */
	struct disk_plan plan;		  /* borrows them */
	const char *read_paths[1];	  /* that QEMU may read besides */
	size_t read_count;
	uint64_t max_bytes; /* largest overlay */
};

/* Faults: no-space, folder-not-writable, disk-io, image-limit, interrupted. boot_disk_close must
 * follow, also after a failure. */
int boot_disk_open(struct boot_disk *disk, const struct boot_layers *layers,
		   const struct programs *programs, struct fault *fault);

/* Close it, and remove an overlay of our own. */
void boot_disk_close(struct boot_disk *disk);

#endif
