/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shim.c and shim_names.c share. */
#ifndef NATIVE_SHIM_NAMES_H
#define NATIVE_SHIM_NAMES_H

#include "shared.h"

#include <sys/stat.h>

struct shared *shim_shared(void);

/* The number of the part of that name, which has to be there; 0: the whole disk; -1: none. A name
 * that ends in @BYTES is what begins so far in there. */
int shim_find_part(const char *path, uint64_t *ret_skip_bytes);

/* Always 0. */
int shim_describe(mode_t type, uint64_t size_bytes, struct stat *status);

#endif
