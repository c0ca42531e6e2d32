/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flush.h"

#include "base/cleanup.h"

#include <fcntl.h>

int flush_file(int fd, struct interrupt *interrupt)
{
	while (fsync(fd) < 0) {
		if (errno != EINTR)
			return -1;
		if (interrupt && interrupt_came(interrupt)) {
			errno = EINTR;
			return -1;
		}
	}
	return 0;
}

int flush_folder(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	/* Some file systems cannot flush a folder, and need not. */
	return flush_file(fd, NULL) < 0 && errno != EINVAL && errno != EROFS ? -1 : 0;
}
