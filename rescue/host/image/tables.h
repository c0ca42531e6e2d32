/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies behind the header of a qcow2 image, by QEMU's own programs. */
#ifndef IMAGE_TABLES_H
#define IMAGE_TABLES_H

#include "host/program.h"
#include "image.h"

#include <jansson.h>

/* Check the tables, the bitmaps, and that its backing files are there. Leaked clusters are
 * harmless, and pass. Nothing to do for a raw image. Faults: image-corrupt, image-dirty (a
 * bitmap in use), backing-file-missing, disk-io, interrupted. */
int image_check_tables(const struct image *image, const struct programs *programs,
		       struct fault *fault);

/* The names of its bitmaps that are in use: QEMU makes no image larger that has such. An
 * array, owned by the caller. The header has been read. */
int image_open_bitmaps(const struct image *image, const struct programs *programs,
		       json_t **ret_names, struct fault *fault);

#endif
