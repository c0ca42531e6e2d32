/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel_file.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "host/vm/cache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_MS 1000

size_t accel_file_read(char *text, size_t text_bytes)
{
	char folder[PATH_MAX], path[PATH_MAX + 16];
	cleanup_fd int fd = -1;
	ssize_t got;

	if (cache_folder(folder, false) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/accel", folder);
	/* O_NONBLOCK: a FIFO in its place must not hang us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	got = fd < 0 ? -1 : read(fd, text, text_bytes);
	return got < 0 ? 0 : (size_t)got;
}

void accel_file_write(const char *text)
{
	char folder[PATH_MAX], path[PATH_MAX + 16], new_path[PATH_MAX + 16];
	cleanup_fd int fd = -1;

	if (cache_folder(folder, true) < 0)
		return;
	snprintf(path, sizeof(path), "%s/accel", folder);
	snprintf(new_path, sizeof(new_path), "%s/accel.XXXXXX", folder);
	fd = mkstemp(new_path);
	if (fd < 0)
		return;
	if (write_all(fd, text, strlen(text), WRITE_MS) < 0 || rename(new_path, path) < 0)
		(void)unlink(new_path);
}
