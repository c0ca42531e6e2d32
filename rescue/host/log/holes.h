/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img commits in pieces of 64 KiB, most of them zeroes around a few blocks. */
#ifndef LOG_HOLES_H
#define LOG_HOLES_H

#include <stdint.h>

/* Make blocks of zeroes in that part of a file holes, where the file system has holes. Best
 * effort: the content stays the same. Source: fallocate(2), FALLOC_FL_PUNCH_HOLE. */
void holes_dig(int fd, uint64_t from_bytes, uint64_t to_bytes);

#endif
