/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bring a file or a folder to its disk. */
#ifndef LOG_FLUSH_H
#define LOG_FLUSH_H

#include "host/interrupt.h"

/* 0, or -1 with errno. A folder by its path. interrupt not NULL: EINTR when a signal has
 * come. */
int flush_file(int fd, struct interrupt *interrupt);
int flush_folder(const char *path);

#endif
