/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes as qemu-img takes them: 8G, +2G, 1.5T, plain bytes. Pure. */
#ifndef HOST_SIZE_H
#define HOST_SIZE_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

/* What a disk of so many bytes shall measure, in whole sectors; text NULL: what it measures
 * now; then, if that is asked for, rounded up to a power of two. Faults: size-invalid,
 * size-smaller. */
int size_resolve(const char *text, uint64_t before_bytes, bool power_of_two,
		 uint64_t *ret_after_bytes, struct fault *fault);

#endif
