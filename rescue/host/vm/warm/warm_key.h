/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that a saved machine depends on, as a text: it is used only where
 * this text is the same, byte for byte. */
#ifndef VM_WARM_WARM_KEY_H
#define VM_WARM_WARM_KEY_H

#include "host/vm/qemu/machine.h"

#define WARM_NAME_BYTES 48

/* To be freed; NULL when out of memory. */
char *warm_key(const struct machine_plan *plan, const char *build_id);

/* A file name for it: "tcg-0123456789abcdef.machine". Two keys may have the same. */
void warm_key_name(const char *key, enum accel accel, char ret_name[WARM_NAME_BYTES]);

#endif
