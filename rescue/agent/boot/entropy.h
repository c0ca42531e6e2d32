/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers of the guest's kernel. */
#ifndef BOOT_ENTROPY_H
#define BOOT_ENTROPY_H

#include "base/fault.h"

#include <stddef.h>

/* From here on, what the kernel gives out depends on these secret bytes too. */
int entropy_add(const void *seed, size_t size_bytes, struct fault *fault);

#endif
