/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed as a small read-only disk: ISO 9660 with the volume id "cidata". */
#ifndef BOOT_SEED_ISO_H
#define BOOT_SEED_ISO_H

#include "host/program.h"
#include "seed.h"

/* Make it of the files in the folder, where seed_write has written them, as the file ret_path
 * there. Faults: missing-program (xorriso), no-space, disk-io, folder-not-writable, interrupted. */
int seed_iso_make(const struct seed_wish *wish, const char *folder, const struct programs *programs,
		  char ret_path[PATH_MAX], struct fault *fault);

#endif
