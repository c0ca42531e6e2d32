/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot in the manner of Alpine Linux, as far as device events go: busybox mdev
 * is the kernel's hotplug helper, and each stage of the boot finds the devices
 * that are there already ("coldplug"). Each function returns when that step is
 * over. Source: mkinitfs and the mdev and hwdrivers services of Alpine. */
#ifndef ALPINE_ALPINE_H
#define ALPINE_ALPINE_H

#include "base/fault.h"

#include <stdbool.h>

/* Tell the kernel to start the helper, which becomes mdev, for each event. */
int alpine_set_helper(const char *helper, struct fault *fault);

/* Is that the helper which the kernel starts? Who has a shell may set another, or none. */
bool alpine_has_helper(const char *helper);

/* From now on mdev works off the events in their order (/dev/mdev.seq). */
int alpine_order_events(struct fault *fault);

/* From now on mdev writes what it does to /dev/mdev.log. */
int alpine_log_events(struct fault *fault);

/* Let the kernel tell of every device once more. */
int alpine_coldplug(struct fault *fault);

/* Mount each file system read-only and unmount it again, as nlplug-findfs does
 * when it looks for the medium to boot from: this replays a journal. A partition
 * that cannot be mounted is passed over. */
void alpine_look_for_media(void);

/* mdev -s: make the nodes of all devices that the kernel has. */
int alpine_rescan(struct fault *fault);

#endif
