/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim.h"

#include "shim_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* The numbers of our descriptors: above all that a process may have of its own. */
#define FIRST_FD 4096
#define FDS	 64

enum kind { KIND_FREE, KIND_DISK, KIND_NULL };

static struct {
	struct shared *shared;
	struct nbd *nbd;
	bool ends_at_error;
	struct {
		enum kind kind;
		uint64_t at;
	} files[FDS];
} shim;

void shim_open_files(struct shared *shared)
{
	shim.shared = shared;
}

void shim_open_disk(struct shared *shared, struct nbd *nbd, bool ends_at_error)
{
	shim.shared = shared;
	shim.nbd = nbd;
	shim.ends_at_error = ends_at_error;
}

/* The first failure is the one to tell of. */
static int fail(int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&shim.shared->disk_error, &none, error);
	if (shim.ends_at_error)
		_exit(SHIM_EXIT_DISK);
	errno = error;
	return -1;
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

static bool is_ours(int fd)
{
	return fd >= FIRST_FD && fd < FIRST_FD + FDS && shim.files[fd - FIRST_FD].kind != KIND_FREE;
}

static bool is_disk(int fd)
{
	return is_ours(fd) && shim.files[fd - FIRST_FD].kind == KIND_DISK;
}

static int take(enum kind kind)
{
	for (int i = 0; i < FDS; i++)
		if (shim.files[i].kind == KIND_FREE) {
			shim.files[i].kind = kind;
			shim.files[i].at = 0;
			return FIRST_FD + i;
		}
	return refuse(EMFILE);
}

int shim_open(const char *path, int flags, ...)
{
	if (strcmp(path, "/dev/null") == 0)
		return take(KIND_NULL);
	if (strcmp(path, SHIM_DISK_PATH) != 0 || !shim.nbd)
		return refuse(ENOENT);
	if ((flags & O_ACCMODE) != O_RDONLY && nbd_is_read_only(shim.nbd))
		return refuse(EROFS);
	return take(KIND_DISK);
}

int shim_close(int fd)
{
	if (!is_ours(fd))
		return close(fd);
	shim.files[fd - FIRST_FD].kind = KIND_FREE;
	return 0;
}

/* Only asked whether it is open: e2fsck does so with its progress descriptor. */
int shim_dup(int fd)
{
	(void)fd;
	return take(KIND_NULL);
}

ssize_t shim_pread(int fd, void *bytes, size_t size_bytes, off_t at)
{
	uint64_t left;

	if (!is_ours(fd))
		return refuse(EBADF);
	if (!is_disk(fd))
		return 0;
	if (at < 0 || size_bytes > INT_MAX)
		return refuse(EINVAL);
	left = (uint64_t)at < shim.nbd->size_bytes ? shim.nbd->size_bytes - (uint64_t)at : 0;
	if (size_bytes > left)
		size_bytes = (size_t)left;
	if (size_bytes > 0 && nbd_read(shim.nbd, (uint64_t)at, bytes, size_bytes) < 0)
		return fail(errno);
	return (ssize_t)size_bytes;
}

ssize_t shim_pwrite(int fd, const void *bytes, size_t size_bytes, off_t at)
{
	if (!is_ours(fd))
		return refuse(EBADF);
	if (!is_disk(fd))
		return (ssize_t)size_bytes;
	if (at < 0 || size_bytes > INT_MAX)
		return refuse(EINVAL);
	if ((uint64_t)at > shim.nbd->size_bytes || size_bytes > shim.nbd->size_bytes - (uint64_t)at)
		return refuse(ENOSPC); /* as on a device: behind its end */
	if (size_bytes > 0 && nbd_write(shim.nbd, (uint64_t)at, bytes, size_bytes) < 0)
		return fail(errno);
	return (ssize_t)size_bytes;
}

static ssize_t move_on(int fd, ssize_t moved)
{
	if (moved > 0)
		shim.files[fd - FIRST_FD].at += (uint64_t)moved;
	return moved;
}

ssize_t shim_read(int fd, void *bytes, size_t size_bytes)
{
	if (!is_ours(fd))
		return read(fd, bytes, size_bytes);
	return move_on(fd, shim_pread(fd, bytes, size_bytes, (off_t)shim.files[fd - FIRST_FD].at));
}

ssize_t shim_write(int fd, const void *bytes, size_t size_bytes)
{
	if (!is_ours(fd))
		return write(fd, bytes, size_bytes);
	return move_on(fd, shim_pwrite(fd, bytes, size_bytes, (off_t)shim.files[fd - FIRST_FD].at));
}

off_t shim_lseek(int fd, off_t offset, int whence)
{
	uint64_t from = 0;

	if (!is_disk(fd))
		return refuse(is_ours(fd) ? ESPIPE : EBADF);
	if (whence == SEEK_CUR)
		from = shim.files[fd - FIRST_FD].at;
	else if (whence == SEEK_END)
		from = shim.nbd->size_bytes;
	else if (whence != SEEK_SET)
		return refuse(EINVAL);
	if (offset < 0 ? (uint64_t)-offset > from : (uint64_t)offset > INT64_MAX - from)
		return refuse(EINVAL);
	shim.files[fd - FIRST_FD].at = from + (uint64_t)offset;
	return (off_t)shim.files[fd - FIRST_FD].at;
}

static int describe(bool is_disk_file, uint64_t size_bytes, struct stat *status)
{
	memset(status, 0, sizeof(*status));
	status->st_mode = is_disk_file ? S_IFREG | 0600 : S_IFREG | 0400;
	status->st_nlink = 1;
	status->st_ino = 1;
	status->st_size = (off_t)size_bytes;
	status->st_blksize = 4096;
	status->st_blocks = (blkcnt_t)(size_bytes / 512);
	return 0;
}

int shim_fstat(int fd, struct stat *status)
{
	if (!is_disk(fd))
		return refuse(EBADF);
	return describe(true, shim.nbd->size_bytes, status);
}

int shim_stat(const char *path, struct stat *status)
{
	const struct shared_file *file;

	if (strcmp(path, SHIM_DISK_PATH) == 0 && shim.nbd)
		return describe(true, shim.nbd->size_bytes, status);
	file = shared_find(shim.shared, path);
	return file ? describe(false, file->size_bytes, status) : -1;
}

int shim_access(const char *path, int mode)
{
	struct stat status;

	if (mode & X_OK)
		return refuse(ENOENT);
	return shim_stat(path, &status);
}

int shim_fsync(int fd)
{
	if (!is_disk(fd))
		return is_ours(fd) ? 0 : refuse(EBADF);
	return nbd_is_read_only(shim.nbd) || nbd_flush(shim.nbd) == 0 ? 0 : fail(errno);
}

/* A disk keeps its size: resize2fs cuts a regular file to the size of the file system,
 * even where that lies at an offset. */
int shim_ftruncate(int fd, off_t size_bytes)
{
	(void)size_bytes;
	return is_disk(fd) ? 0 : refuse(EBADF);
}

int shim_fallocate(int fd, int mode, off_t at, off_t size_bytes)
{
	const bool punch = mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);

	if (!is_disk(fd) || at < 0 || size_bytes < 0)
		return refuse(EBADF);
	if ((!punch && mode != FALLOC_FL_ZERO_RANGE) ||
	    (uint64_t)at + (uint64_t)size_bytes > shim.nbd->size_bytes)
		return refuse(EOPNOTSUPP);
	if (nbd_zero(shim.nbd, (uint64_t)at, (uint64_t)size_bytes, punch) == 0)
		return 0;
	return errno == EOPNOTSUPP ? -1 : fail(errno);
}

int shim_posix_fadvise(int fd, off_t at, off_t size_bytes, int advice)
{
	(void)fd, (void)at, (void)size_bytes, (void)advice;
	return 0;
}

/* It is no device. */
int shim_ioctl(int fd, unsigned long request, ...)
{
	(void)fd, (void)request;
	return refuse(ENOTTY);
}

int shim_fcntl(int fd, int command, ...)
{
	(void)fd, (void)command;
	return refuse(EINVAL);
}

FILE *shim_fopen(const char *path, const char *mode)
{
	return shared_open(shim.shared, path, mode);
}

int shim_unlink(const char *path)
{
	return shared_remove(shim.shared, path);
}

void *shim_absent(void)
{
	errno = ENOENT;
	return NULL;
}

int shim_refuse(void)
{
	return refuse(EPERM);
}
