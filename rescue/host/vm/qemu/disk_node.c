/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk_node.h"

#include <stdio.h>
#include <sys/stat.h>

int disk_fds(const struct disk_plan *disk, struct disk_fd ret_fds[DISK_FDS_MAX])
{
	int count = 0;

	ret_fds[count++] = (struct disk_fd){ disk->image.fd, FDSET_DISK };
	if (disk->backing.format && disk->backing.fd >= 0)
		ret_fds[count++] = (struct disk_fd){ disk->backing.fd, FDSET_BACKING };
	if (disk->base.format && disk->base.fd >= 0)
		ret_fds[count++] = (struct disk_fd){ disk->base.fd, FDSET_BASE };
	return count;
}

/* QEMU has a driver of its own for block devices. */
static const char *file_driver(const struct disk_image *image)
{
	struct stat status;
	int result = image->fd >= 0 ? fstat(image->fd, &status) : stat(image->path, &status);

	return result == 0 && S_ISBLK(status.st_mode) ? "host_device" : "file";
}

static json_t *file_node(const struct disk_image *image, bool inherited, int set)
{
	char name[32];

	if (inherited)
		snprintf(name, sizeof(name), "/proc/self/fd/%d", image->fd);
	else
		snprintf(name, sizeof(name), "/dev/fdset/%d", set);
	return json_pack("{s:s, s:s, s:s}", "driver", file_driver(image), "filename",
			 image->fd >= 0 ? name : image->path, "locking", "off");
}

static json_t *backing_node(const struct disk_plan *disk, const struct disk_image *image, int set)
{
	if (!image->format)
		return NULL;
	return json_pack("{s:s, s:b, s:o}", "driver", image->format, "read-only", 1, "file",
			 file_node(image, disk->inherited, set));
}

/* Takes over both nodes. NULL: one is missing that should be there. */
static json_t *add_backing(json_t *node, const struct disk_image *image, json_t *backing)
{
	if (!node || !image->format || json_object_set_new(node, "backing", backing) == 0)
		return node;
	json_decref(node);
	return NULL;
}

/* The overlay is thrown away on any failure, so no flush of the guest needs to
 * reach the platter: the caller flushes before it trusts the result. Zeroes
 * stay holes as it is: detect-zeroes was measured and saves nothing. */
json_t *disk_node(const struct disk_plan *disk)
{
	json_t *node = json_pack("{s:s, s:s, s:b, s:s, s:{s:b, s:b}, s:o}", "node-name", "disk",
				 "driver", disk->image.format, "read-only", (int)disk->read_only,
				 "discard", "unmap", "cache", "direct", 0, "no-flush", 1, "file",
				 file_node(&disk->image, disk->inherited, FDSET_DISK));

	return add_backing(node, &disk->backing,
			   add_backing(backing_node(disk, &disk->backing, FDSET_BACKING),
				       &disk->base, backing_node(disk, &disk->base, FDSET_BASE)));
}

json_t *disk_read_node(const char *name, int set)
{
	char file[32];

	snprintf(file, sizeof(file), "/dev/fdset/%d", set);
	return json_pack("{s:s, s:s, s:b, s:{s:s, s:s, s:s}}", "node-name", name, "driver", "raw",
			 "read-only", 1, "file", "driver", "file", "filename", file, "locking",
			 "off");
}
