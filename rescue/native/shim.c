/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim.h"

#include "cache.h"
#include "shim_calls.h"
#include "shim_names.h"
#include "shim_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The numbers of our descriptors: above all that a process may have of its own. */
#define FIRST_FD 4096
#define FDS	 64

enum kind { KIND_FREE, KIND_DISK, KIND_NULL };

static struct {
	struct shared *shared;
	struct nbd *nbd;
	struct cache cache; /* without chunks in the agent */
	bool ends_at_error;
	struct {
		enum kind kind;
		int part;	     /* its number; 0: the disk itself */
		uint64_t skip_bytes; /* it begins so far in there */
		uint64_t at;	     /* in bytes */
	} files[FDS];
} shim;

void shim_open_files(struct shared *shared)
{
	shim.shared = shared;
}

struct shared *shim_shared(void)
{
	return shim.shared;
}

void shim_open_disk(struct shared *shared, struct nbd *nbd, bool ends_at_error)
{
	shim.shared = shared;
	shim.nbd = nbd;
	shim.ends_at_error = ends_at_error;
	if (ends_at_error)
		cache_open(&shim.cache, nbd);
	else
		shim.cache = (struct cache){ .nbd = nbd };
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

void shim_leave_disk(void)
{
	if (cache_settle(&shim.cache) < 0)
		fail(errno);
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

static int take(enum kind kind, int part, uint64_t skip_bytes)
{
	for (int i = 0; i < FDS; i++)
		if (shim.files[i].kind == KIND_FREE) {
			shim.files[i].kind = kind;
			shim.files[i].part = part;
			shim.files[i].skip_bytes = skip_bytes;
			shim.files[i].at = 0;
			return FIRST_FD + i;
		}
	return refuse(EMFILE);
}

int shim_find_part(const char *path, uint64_t *ret_skip_bytes)
{
	return shim.nbd ? shim_parse_name(shim.shared, path, ret_skip_bytes) : -1;
}

int shim_open(const char *path, int flags, ...)
{
	uint64_t skip_bytes;
	int part = shim_find_part(path, &skip_bytes);

	if (strcmp(path, "/dev/null") == 0)
		return take(KIND_NULL, 0, 0);
	if (part < 0)
		return refuse(ENOENT);
	if ((flags & O_ACCMODE) != O_RDONLY && nbd_is_read_only(shim.nbd))
		return refuse(EROFS);
	return take(KIND_DISK, part, skip_bytes);
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
	return take(KIND_NULL, 0, 0);
}

/* Where on the disk this descriptor shows something, and how much. */
static struct shared_part range_of(int fd)
{
	int number = shim.files[fd - FIRST_FD].part;
	const struct shared_part *part = number ? shim_part(shim.shared, number) : NULL;
	struct shared_part range =
		part ? *part : (struct shared_part){ .size_bytes = shim.nbd->size_bytes };
	uint64_t skip_bytes = shim.files[fd - FIRST_FD].skip_bytes;

	if (skip_bytes > range.size_bytes)
		skip_bytes = range.size_bytes;
	range.begin_bytes += skip_bytes;
	range.size_bytes -= skip_bytes;
	return range;
}

ssize_t shim_pread(int fd, void *bytes, size_t size_bytes, off_t at)
{
	struct shared_part range;
	uint64_t left;

	if (!is_disk(fd))
		return is_ours(fd) ? 0 : refuse(EBADF);
	if (at < 0 || size_bytes > INT_MAX)
		return refuse(EINVAL);
	range = range_of(fd);
	left = (uint64_t)at < range.size_bytes ? range.size_bytes - (uint64_t)at : 0;
	if (size_bytes > left)
		size_bytes = (size_t)left;
	if (size_bytes > 0 &&
	    cache_read(&shim.cache, range.begin_bytes + (uint64_t)at, bytes, size_bytes) < 0)
		return fail(errno);
	return (ssize_t)size_bytes;
}

ssize_t shim_pwrite(int fd, const void *bytes, size_t size_bytes, off_t at)
{
	struct shared_part range;

	if (!is_disk(fd))
		return is_ours(fd) ? (ssize_t)size_bytes : refuse(EBADF);
	if (at < 0 || size_bytes > INT_MAX)
		return refuse(EINVAL);
	range = range_of(fd);
	if ((uint64_t)at > range.size_bytes || size_bytes > range.size_bytes - (uint64_t)at)
		return refuse(ENOSPC); /* as on a device: behind its end */
	if (size_bytes > 0 &&
	    cache_write(&shim.cache, range.begin_bytes + (uint64_t)at, bytes, size_bytes) < 0)
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
		from = range_of(fd).size_bytes;
	else if (whence != SEEK_SET)
		return refuse(EINVAL);
	if (offset < 0 ? -(uint64_t)offset > from : (uint64_t)offset > INT64_MAX - from)
		return refuse(EINVAL);
	shim.files[fd - FIRST_FD].at = from + (uint64_t)offset;
	return (off_t)shim.files[fd - FIRST_FD].at;
}

int shim_fstat(int fd, struct stat *status)
{
	return is_disk(fd) ? shim_describe(S_IFBLK, 0, status) : refuse(EBADF);
}

int shim_fsync(int fd)
{
	if (!is_disk(fd))
		return is_ours(fd) ? 0 : refuse(EBADF);
	return nbd_is_read_only(shim.nbd) || cache_flush(&shim.cache) == 0 ? 0 : fail(errno);
}

int shim_fallocate(int fd, int mode, off_t at, off_t size_bytes)
{
	const bool punch = mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
	struct shared_part range;

	if (!is_disk(fd) || at < 0 || size_bytes < 0)
		return refuse(EBADF);
	range = range_of(fd);
	if ((!punch && mode != FALLOC_FL_ZERO_RANGE) ||
	    (uint64_t)at + (uint64_t)size_bytes > range.size_bytes)
		return refuse(EOPNOTSUPP);
	if (cache_zero(&shim.cache, range.begin_bytes + (uint64_t)at, (uint64_t)size_bytes,
		       punch) == 0)
		return 0;
	return errno == EOPNOTSUPP ? -1 : fail(errno);
}

int shim_posix_fadvise(int fd, off_t at, off_t size_bytes, int advice)
{
	struct shared_part range;

	if (!is_disk(fd) || advice != POSIX_FADV_WILLNEED || at < 0 || size_bytes < 0)
		return 0;
	range = range_of(fd);
	if ((uint64_t)at + (uint64_t)size_bytes <= range.size_bytes)
		cache_wish(&shim.cache, range.begin_bytes + (uint64_t)at, (uint64_t)size_bytes);
	return 0;
}

int shim_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!is_disk(fd))
		return refuse(ENOTTY);
	switch (request) {
	case BLKGETSIZE64:
		*(uint64_t *)argument = range_of(fd).size_bytes;
		return 0;
	case BLKSSZGET:
		*(int *)argument = (int)shim.shared->sector_bytes;
		return 0;
	case BLKROGET:
		*(int *)argument = nbd_is_read_only(shim.nbd);
		return 0;
	case BLKBSZSET:
	case BLKFLSBUF:
		return shim_fsync(fd);
	case BLKPG:
		return shim_tell_parts(shim.shared, shim.nbd->size_bytes, argument);
	default:
		return refuse(ENOTTY);
	}
}
