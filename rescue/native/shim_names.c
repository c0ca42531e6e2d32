/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls by a name, and what does nothing. */
#include "shim_names.h"

#include "shim_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

int shim_describe(mode_t type, uint64_t size_bytes, struct stat *status)
{
	memset(status, 0, sizeof(*status));
	status->st_mode = type | 0600;
	status->st_nlink = 1;
	status->st_ino = 1;
	status->st_size = (off_t)size_bytes;
	status->st_blksize = 4096;
	if (type == S_IFBLK)
		status->st_rdev = makedev(SCSI_DISK0_MAJOR, 0);
	return 0;
}

int shim_stat(const char *path, struct stat *status)
{
	const struct shared_file *file;
	uint64_t skip_bytes;

	if (shim_find_part(path, &skip_bytes) >= 0)
		return shim_describe(S_IFBLK, 0, status);
	file = shared_find(shim_shared(), path);
	return file ? shim_describe(S_IFREG, file->size_bytes, status) : -1;
}

int shim_access(const char *path, int mode)
{
	struct stat status;

	if (!(mode & X_OK))
		return shim_stat(path, &status);
	errno = ENOENT;
	return -1;
}

FILE *shim_fopen(const char *path, const char *mode)
{
	return shared_open(shim_shared(), path, mode);
}

/* The list of what is mounted: nothing. */
FILE *shim_setmntent(const char *path, const char *mode)
{
	(void)path, (void)mode;
	return fopencookie(NULL, "r", (cookie_io_functions_t){ .read = NULL });
}

int shim_unlink(const char *path)
{
	return shared_remove(shim_shared(), path);
}

ssize_t shim_readahead(int fd, off_t at, size_t size_bytes)
{
	return shim_posix_fadvise(fd, at, (off_t)size_bytes, POSIX_FADV_WILLNEED);
}

int shim_fcntl(int fd, int command, ...)
{
	(void)fd, (void)command;
	errno = EINVAL;
	return -1;
}

int shim_ftruncate(int fd, off_t size_bytes)
{
	(void)fd, (void)size_bytes;
	errno = EINVAL;
	return -1;
}

/* What f2fs-tools write into a superblock for the kernel that they run under. */
int shim_uname(struct utsname *ret_name)
{
	*ret_name =
		(struct utsname){ .sysname = "Linux", .release = "grow-disk " GROW_DISK_VERSION };
	return 0;
}

/* So much memory a tool is told of, whatever the host has: btrfs keeps up to a quarter of it. */
#define MEMORY_BYTES (1ul << 30)

int shim_sysinfo(struct sysinfo *ret_machine)
{
	*ret_machine = (struct sysinfo){ .totalram = MEMORY_BYTES,
					 .freeram = MEMORY_BYTES,
					 .mem_unit = 1 };
	return 0;
}

/* Only the seal has limits, and a tool cannot change them. */
int shim_getrlimit(int resource, struct rlimit *ret_limit)
{
	(void)resource;
	*ret_limit = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	return 0;
}

int shim_setrlimit(int resource, const struct rlimit *limit)
{
	(void)resource, (void)limit;
	return 0;
}

void *shim_absent(void)
{
	errno = ENOENT;
	return NULL;
}

ssize_t shim_refuse(void)
{
	errno = EPERM;
	return -1;
}
