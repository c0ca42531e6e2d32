/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may have the image. We take, on one descriptor, a flock(2) against other runs of
 * ours, and the byte-range locks of QEMU (block/file-posix.c: raw_apply_lock_bytes) as a
 * program would that writes, resizes and shares with nobody. So QEMU programs that we
 * start open the image with locking=off, and every other QEMU keeps out until we close the
 * descriptor and every program that inherited it has ended. Loop devices take no locks:
 * sysfs tells which file they have. */
#ifndef IMAGE_LOCK_H
#define IMAGE_LOCK_H

#include "host/interrupt.h"
#include "image.h"

/* Take the locks, and set image->fd and read_fd. A reader (image->only_read) shares with readers.
 * Tries again for wait_seconds; on_wait tells once that it waits, and for what; may be NULL.
 * Faults: image-locked (naming the holder where it can be seen), image-not-found,
 * image-not-a-file, image-unreadable, image-not-writable, interrupted. */
int lock_take(struct image *image, unsigned wait_seconds, struct interrupt *interrupt,
	      void (*on_wait)(void *context, const struct fault *why), void *context,
	      struct fault *fault);

#endif
