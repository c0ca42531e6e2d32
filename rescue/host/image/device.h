/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that is a block device: a name that stays the same, and who has it. Sources:
 * Documentation/ABI of the kernel (sysfs: dm/uuid, loop/backing_file, wwid, serial, holders),
 * open(2) for O_EXCL on block devices. */
#ifndef IMAGE_DEVICE_H
#define IMAGE_DEVICE_H

#include "image.h"

/* Where its log and its ticket lie, and how they are called: by the identity of the device, which
 * is the same after its node was renamed. work_dir: absolute; "": none was named. Faults: usage,
 * disk-io. */
int device_place(struct image *image, const char *work_dir, struct fault *fault);

/* A physical volume of LVM on a whole device may be the host's, and hold more than one guest.
 * named: a volume of the guest was. Faults: volume-ambiguous, disk-io. */
int device_check_volume(const struct image *image, bool named, struct fault *fault);

/* Only a file will do: image-not-a-file if it is a device. */
int device_refuse(const struct image *image, const char *what, struct fault *fault);

/* The fault image-locked: an exclusive open has failed, and by whom. Always -1. */
int device_busy(const struct image *image, struct fault *fault);

#endif
