/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk in QEMU's words, and the descriptors by which QEMU gets its files. The storage
 * daemon knows no sets of descriptors: it inherits them, and opens their files anew.
 *
 * QEMU opens /dev/fdset/N instead of a name, so it needs no right to open the file, and
 * names need not be UTF-8. It takes no locks: the caller holds them. */
#ifndef VM_QEMU_DISK_NODE_H
#define VM_QEMU_DISK_NODE_H

#include <jansson.h>
#include <stdbool.h>

/* An image file. All of it is borrowed. */
struct disk_image {
	const char *format; /* "qcow2" or "raw"; NULL: no image */
	int fd;		    /* open as it is used; -1: QEMU opens the path */
	const char *path;   /* absolute, UTF-8 */
};

struct disk_plan {
	struct disk_image image; /* by descriptor only */
	bool read_only;
	struct disk_image backing; /* format NULL: QEMU follows the header */
	struct disk_image base;	   /* behind the backing; format NULL: QEMU follows that header */
	bool inherited;		   /* it has our descriptors, under our numbers, and no sets */
};

/* The sets of descriptors. */
enum {
	FDSET_DISK = 1,
	FDSET_BACKING,
	FDSET_TOOLS,
	FDSET_KEY,
	FDSET_BASE,
	FDSET_VARIABLES, /* of the firmware */
	FDSET_SEED,
	FDSET_PICTURE, /* of the screen; for writing */
	FDSET_SCREEN   /* likewise, again and again */
};

struct disk_fd {
	int fd, set;
};

#define DISK_FDS_MAX 3

/* The descriptors that QEMU needs before it is told of the node; how many. */
int disk_fds(const struct disk_plan *disk, struct disk_fd ret_fds[DISK_FDS_MAX]);

/* The node "disk", for blockdev-add and -blockdev alike. NULL: out of memory, or a path
 * that is not UTF-8. */
json_t *disk_node(const struct disk_plan *disk);

/* A node for reading, of that set. NULL: out of memory. */
json_t *disk_read_node(const char *name, int set);

#endif
