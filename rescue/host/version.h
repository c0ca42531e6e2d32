/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is inside: `--version --json`. */
#ifndef HOST_VERSION_H
#define HOST_VERSION_H

#include <jansson.h>

/* Name and version of the program, the build of the guest, and the parts from Debian as
 * initramfs/contents wrote them beside it. What cannot be read is null. Owned by the caller; NULL
 * when out of memory. */
json_t *version_object(const char *program);

#endif
