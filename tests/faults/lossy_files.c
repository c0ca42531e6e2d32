/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open files: contents, lengths, flushes. */
#include "lossy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

int do_open(const char *path, struct fuse_file_info *info)
{
	int fd;

	/* The kernel tells the offsets, and aligns nothing for us. */
	info->flags &= ~(O_DIRECT | O_APPEND);
	if (info->flags & O_TRUNC)
		FAIL_IF_DUE('t');
	fd = open(beneath(path), info->flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	info->fh = (uint64_t)fd;
	return info->flags & O_TRUNC ? changed(RECORD('t'), path, info, NULL) : 0;
}

int do_create(const char *path, mode_t mode, struct fuse_file_info *info)
{
	int fd;

	FAIL_IF_DUE('c');
	info->flags &= ~(O_DIRECT | O_APPEND);
	fd = open(beneath(path), info->flags | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	info->fh = (uint64_t)fd;
	return named('c', path, NULL, path);
}

int do_release(const char *path, struct fuse_file_info *info)
{
	(void)path;
	close((int)info->fh);
	return 0;
}

int do_read(const char *path, char *bytes, size_t size, off_t offset, struct fuse_file_info *info)
{
	(void)path;
	FAIL_IF_DUE('r');
	return result((int)pread((int)info->fh, bytes, size, offset));
}

int do_write(const char *path, const char *bytes, size_t size, off_t offset,
	     struct fuse_file_info *info)
{
	int written, failed;

	FAIL_IF_DUE('w');
	written = (int)pwrite((int)info->fh, bytes, size, offset);
	if (written < 0)
		return -errno;
	failed = changed(RECORD('w', .offset_bytes = offset, .length_bytes = written,
				.data_bytes = (uint32_t)written),
			 path, info, bytes);
	return failed ? failed : written;
}

int do_truncate(const char *path, off_t size, struct fuse_file_info *info)
{
	FAIL_IF_DUE('t');
	if ((info ? ftruncate((int)info->fh, size) : truncate(beneath(path), size)) < 0)
		return -errno;
	return changed(RECORD('t', .length_bytes = size), path, info, NULL);
}

int do_fallocate(const char *path, int mode, off_t offset, off_t length,
		 struct fuse_file_info *info)
{
	struct stat before;

	FAIL_IF_DUE('a');
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if (fstat((int)info->fh, &before) < 0 || fallocate((int)info->fh, mode, offset, length) < 0)
		return -errno;
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		changed(RECORD('z', .offset_bytes = offset, .length_bytes = length), path, info,
			NULL);
	if (!(mode & FALLOC_FL_KEEP_SIZE) && offset + length > before.st_size)
		changed(RECORD('t', .length_bytes = offset + length), path, info, NULL);
	return 0;
}

off_t do_lseek(const char *path, off_t offset, int whence, struct fuse_file_info *info)
{
	off_t found = lseek((int)info->fh, offset, whence);

	(void)path;
	return found < 0 ? -errno : found;
}

/* Nothing is flushed beneath: that it was asked for is what counts. */
int do_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
	FAIL_IF_DUE('f');
	return changed(data_only ? RECORD('F') : RECORD('f'), path, info, NULL);
}
