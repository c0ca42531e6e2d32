/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes as qemu-img takes them: 8G, +2G, 1.5T, plain bytes. Pure. */
#ifndef HOST_SIZE_H
#define HOST_SIZE_H

#include "base/fault.h"

#include <stdint.h>

/* What a disk of so many bytes shall measure, in whole sectors; text NULL: what it measures
 * now. Faults: size-invalid, size-smaller. */
int size_resolve(const char *text, uint64_t before_bytes, uint64_t *ret_after_bytes,
		 struct fault *fault);

/* The least power of two that is not less. Fault: size-invalid. */
int size_power_of_two(uint64_t size_bytes, uint64_t *ret_bytes, struct fault *fault);

#endif
