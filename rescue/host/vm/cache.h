/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's cache folder of grow-disk. */
#ifndef VM_CACHE_H
#define VM_CACHE_H

#include <limits.h>
#include <stdbool.h>

/* ${XDG_CACHE_HOME:-$HOME/.cache}/grow-disk, with or without making it. -1 when
 * neither is set to an absolute path. Leaves room for a name after it. */
int cache_folder(char path[PATH_MAX], bool make);

#endif
