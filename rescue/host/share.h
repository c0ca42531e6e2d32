/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of the host that the guest may see, by 9p. */
#ifndef HOST_SHARE_H
#define HOST_SHARE_H

#include "base/fault.h"

#include <limits.h>
#include <stdbool.h>

struct share_wish {
	const char *directory; /* as the user wrote it; NULL: none */
	bool writable;
};

/* Find its real path; "" without a wish. A writable one must not hold the image, which QEMU
 * reads while the guest changes it, nor our own files. Faults: usage, folder-not-writable. */
int share_find(const struct share_wish *wish, const char *image_path, const char *work_folder,
	       char ret_path[PATH_MAX], struct fault *fault);

#endif
