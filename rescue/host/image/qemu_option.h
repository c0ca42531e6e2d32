/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image in the options of QEMU's programs, which inherit its descriptor and take no
 * locks: we hold them. */
#ifndef IMAGE_QEMU_OPTION_H
#define IMAGE_QEMU_OPTION_H

#include "image.h"

#define QEMU_NAME_BYTES	  (2 * PATH_MAX)
#define QEMU_OPTION_BYTES (2 * PATH_MAX + 256)

/* Its file: /proc/self/fd/N of that descriptor (read_fd, or fd for a program that writes), which
 * needs no quoting; or, where it names further files, which
 * QEMU looks for beside it, its path with commas doubled as QEMU takes them. */
void image_qemu_name(const struct image *image, int fd, char ret_name[QEMU_NAME_BYTES]);

/* "driver=qcow2,file.driver=file,...", for --image-opts and --blockdev. */
void image_qemu_option(const struct image *image, int fd, char ret_option[QEMU_OPTION_BYTES]);

#endif
