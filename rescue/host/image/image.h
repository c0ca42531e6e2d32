/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image as a file, or as a block device: where it is, what it is called, whether it can be
 * changed. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/fault.h"
#include "qcow2.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum image_format { IMAGE_RAW, IMAGE_QCOW2 };

/* Which file it is, how long, and when it was changed: what no change by another
 * program leaves alone. */
struct image_mark {
	dev_t device;
	ino_t inode;
	int64_t bytes;
	int64_t mtime_s, mtime_ns;
};

struct image {
	char path[PATH_MAX]; /* real path, absolute */
	/* What the names of a run's files begin with: path; of a block device a name of its own in
	 * --work-dir (image_place_device). */
	char beside[PATH_MAX];
	char folder[PATH_MAX]; /* of these files; "/" for the root */
	const char *name;      /* the last part of beside */
	bool is_device;	       /* a block device, and no file */
	/* IMAGE.grow-disk.image: where an unfinished commit keeps it. */
	char guard[PATH_MAX];
	bool guarded; /* it is there now, and not at its path */
	int fd;	      /* open, holds the locks; owned; -1: not yet */
	int read_fd;  /* for programs that only read: a descriptor cannot be confined */
	bool only_read;
	enum image_format format;
	struct qcow2_header qcow2; /* of IMAGE_QCOW2 */
	uint64_t size_bytes;	   /* of the disk: whole sectors */
	struct image_mark seen;	   /* when its work began */
};

/* The word of a format for QEMU: "raw", "qcow2". Static storage. */
const char *image_format_word(enum image_format format);

/* Where it is now. */
const char *image_at(const struct image *image);

/* Follow the path to the real file. only_read: it will not be changed. Faults: usage
 * (empty), image-not-found, image-not-a-file (a file of ours), commit-begun. */
int image_find(const char *path, bool only_read, struct image *ret_image, struct fault *fault);

/* Look again whether it is at its name or out of the way. Fault: image-not-found. */
int image_locate(struct image *image, struct fault *fault);

/* A regular file or a block device that may be read, and written unless only_read; starts no
 * program. Faults: image-not-a-file, image-unreadable, image-not-writable. */
int image_check_kind(const struct image *image, struct fault *fault);

/* Also for root: a mode without any w, a folder that cannot take what a run leaves.
 * Faults: image-not-writable, folder-not-writable. */
int image_check_writable(const struct image *image, struct fault *fault);

/* Fault: image-format if it has no byte. */
int image_check_empty(const struct image *image, struct fault *fault);

/* The mark of a file now. -1 with errno. */
int image_mark(const char *path, struct image_mark *ret_mark);

/* Fault image-locked if the image is not the file that it was when seen was taken. */
int image_check_mark(const struct image *image, struct fault *fault);

/* Does that path name the same file, or the same device? */
bool image_is(const struct image *image, const char *path);

struct stat;
bool image_is_same(const struct stat *a, const struct stat *b);

/* How long the file or the device is; 0 if that cannot be told. The descriptor is open. */
uint64_t image_file_bytes(const struct image *image);

/* "file" or "host_device": the driver of QEMU. Static storage. */
const char *image_driver_word(const struct image *image);

/* The name of the user who runs this, for sentences. Static storage. */
const char *image_user(void);

void image_close(struct image *image);

#endif
