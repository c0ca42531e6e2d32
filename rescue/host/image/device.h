/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that is a block device: a name that stays the same, and who has it. Sources:
 * Documentation/ABI of the kernel (sysfs: dm/uuid, loop/backing_file, wwid, serial, holders),
 * open(2) for O_EXCL on block devices. */
#ifndef IMAGE_DEVICE_H
#define IMAGE_DEVICE_H

#include "image.h"

/* Where log and ticket of a device are to lie: it was named ("": no), and survives a reboot. Fault:
 * usage. */
int device_check_work_dir(const struct image *image, const char *work_dir, struct fault *fault);

/* How they are called there: by the identity of the device that is open, which is the same after
 * its node was renamed. given: the path that the user gave, which still has to lead there.
 * work_dir: absolute. Faults: image-locked, usage. */
int device_place(struct image *image, const char *given, const char *work_dir, struct fault *fault);

/* The same by that name. Fault: usage. */
int device_place_by(struct image *image, const char *work_dir, const char *identity,
		    struct fault *fault);

/* A physical volume of LVM on a whole device may be the host's, and hold more than one guest.
 * named: a volume of the guest was. Faults: volume-ambiguous, disk-io. */
int device_check_volume(const struct image *image, bool named, struct fault *fault);

/* Only a file will do: image-not-a-file if it is a device. */
int device_refuse(const struct image *image, const char *what, struct fault *fault);

/* Nobody else has it open: some have a device without any lock, as a virtual machine whose node is
 * another one. Fault: image-locked. */
int device_check_alone(const struct image *image, struct fault *fault);

/* The fault image-locked: an exclusive open has failed, and by whom. Always -1. */
int device_busy(const struct image *image, struct fault *fault);

#endif
