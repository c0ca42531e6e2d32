/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk_bytes.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

int disk_bytes_read(const struct disk *disk, uint64_t at_bytes, void *bytes, size_t size_bytes,
		    const char *what, struct fault *fault)
{
	errno = EIO; /* for a short read */
	if (pread(disk->fd, bytes, size_bytes, (off_t)at_bytes) != (ssize_t)size_bytes)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s of %s cannot be read",
				       what, disk->name);
	return 0;
}

int disk_bytes_write(const struct disk *disk, uint64_t at_bytes, const void *bytes,
		     size_t size_bytes, const char *what, struct fault *fault)
{
	errno = EIO;
	if (pwrite(disk->fd, bytes, size_bytes, (off_t)at_bytes) != (ssize_t)size_bytes)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s of %s cannot be written",
				       what, disk->name);
	return 0;
}

int disk_bytes_flush(const struct disk *disk, struct fault *fault)
{
	if (fsync(disk->fd) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be flushed",
				       disk->name);
	return 0;
}

void disk_bytes_forget(const struct disk *disk)
{
	if (!disk->is_file)
		(void)ioctl(disk->fd, BLKFLSBUF, 0);
}

static int read_disk(void *context, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	const struct disk *disk = context;

	return pread(disk->fd, bytes, size_bytes, (off_t)at_bytes) == (ssize_t)size_bytes ? 0 : -1;
}

struct table_source disk_bytes_source(const struct disk *disk)
{
	return (struct table_source){ .read = read_disk,
				      .context = (void *)disk,
				      .size_bytes = disk->size_bytes };
}
