/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of the host, over 9p. */
#ifndef BOOT_SHARE_H
#define BOOT_SHARE_H

#include "base/fault.h"
#include "wire/request.h"

#define SHARE_FOLDER "/mnt/share"

/* Mount it, if there is one. Fault: internal. */
int share_mount(enum share share, struct fault *fault);

#endif
