/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other images that rely on every byte of this one: overlays with it as their backing
 * file, a qcow2 whose external data file it is, a VMDK descriptor whose extent it is. */
#ifndef IMAGE_DEPENDENTS_H
#define IMAGE_DEPENDENTS_H

#include "host/interrupt.h"
#include "image.h"

/* Look through the image's own folder. Faults: image-has-dependents, naming them;
 * interrupted. A file that cannot be read is passed over. Sources: docs/interop/qcow2.txt
 * (backing file, header extension 0x44415441), the VMDK specification (extent lines). */
int dependents_check(const struct image *image, struct interrupt *interrupt, struct fault *fault);

#endif
