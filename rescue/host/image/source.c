/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int read_image(void *context, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	const struct image *image = context;
	char *to = bytes;

	while (size_bytes > 0) {
		ssize_t got = pread(image->fd, to, size_bytes, (off_t)at_bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0) { /* the last sector of the disk may be a part of one */
			memset(to, 0, size_bytes);
			return 0;
		}
		to += got;
		at_bytes += (uint64_t)got;
		size_bytes -= (size_t)got;
	}
	return 0;
}

struct table_source image_source(struct image *image)
{
	return (struct table_source){ .read = read_image,
				      .context = image,
				      .size_bytes = image->size_bytes };
}
