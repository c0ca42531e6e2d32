/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which other program or device has the image open, where that can be seen. */
#ifndef IMAGE_HOLDER_H
#define IMAGE_HOLDER_H

#include "image.h"

#include <stdio.h>

#define HOLDER_BYTES 128

/* " (name, process 123)" of the first other process that has it open, from /proc; empty if none can
 * be seen. The server of an nbd device does not count, nor, without with_ours, a process that this
 * one has started. */
void holder_find(const struct image *image, bool with_ours, char ret_holder[HOLDER_BYTES]);

/* Whether a loop device of this host has the image as its backing file. Then the fault is
 * image-locked, and names the device and where it is mounted. */
bool holder_is_loop_device(const struct image *image, struct fault *fault);

/* The first line of a small file. Whether it could be read, and has room. */
bool holder_read_line(const char *path, char *out, size_t out_bytes);

/* Where a device, or a partition of it, is mounted: from the lines of /proc/self/mountinfo,
 * which writes a blank as \040. Safe to show. */
bool holder_find_mount(FILE *mountinfo, const char *device, char *out, size_t out_bytes);

#endif
