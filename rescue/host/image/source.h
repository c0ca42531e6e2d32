/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw image as a source of its partition table. */
#ifndef IMAGE_SOURCE_H
#define IMAGE_SOURCE_H

#include "image.h"
#include "table/table.h"

/* Read the disk by the descriptor of the image, which is borrowed. Bytes that the file lacks,
 * up to the size of the disk, are zero. */
struct table_source image_source(struct image *image);

#endif
