/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small file in the user's cache that holds the remembered accelerator. */
#ifndef VM_QEMU_ACCEL_FILE_H
#define VM_QEMU_ACCEL_FILE_H

#include <stddef.h>

#define ACCEL_FILE_MAX_BYTES 4096

/* How many bytes it has; 0 when there is none, or none that can be used. */
size_t accel_file_read(char *text, size_t text_bytes);

/* Replace it in one step. Fails silently: a cache is a convenience. */
void accel_file_write(const char *text);

#endif
