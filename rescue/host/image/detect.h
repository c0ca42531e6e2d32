/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of file an image is, by the marks of formats at fixed offsets. QEMU never
 * guesses: it is told. */
#ifndef IMAGE_DETECT_H
#define IMAGE_DETECT_H

#include "image.h"

enum image_format_wish { FORMAT_ANY, FORMAT_RAW, FORMAT_QCOW2 };

/* Open files of others that a qcow2 may name. */
struct image_accepts {
	bool others; /* backing and data files */
};

/* Set format, qcow2 and size_bytes of an image that is open. Faults: image-format,
 * image-encrypted, image-backing-file, image-data-file, those of qcow2_check, disk-io. */
int image_detect(struct image *image, enum image_format_wish wish, struct image_accepts accepts,
		 struct fault *fault);

/* Read the header of a qcow2 image again. Faults: image-format, disk-io. */
int image_read_qcow2(struct image *image, struct fault *fault);

/* Fault if it needs other files, and they are not accepted: image-backing-file,
 * image-data-file. */
int image_check_others(const struct image *image, struct image_accepts accepts,
		       struct fault *fault);

/* Does QEMU open further files by names in this image? */
bool image_has_others(const struct image *image);

#endif
