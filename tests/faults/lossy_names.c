/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, folders, attributes. */
#include "lossy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

int do_getattr(const char *path, struct stat *status, struct fuse_file_info *info)
{
	return result(info ? fstat((int)info->fh, status) : lstat(beneath(path), status));
}

int do_access(const char *path, int mode)
{
	return result(faccessat(AT_FDCWD, beneath(path), mode, AT_EACCESS));
}

int do_readlink(const char *path, char *target, size_t size)
{
	ssize_t length = readlink(beneath(path), target, size - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return 0;
}

int do_opendir(const char *path, struct fuse_file_info *info)
{
	DIR *dir = opendir(beneath(path));

	info->fh = (uint64_t)(uintptr_t)dir;
	return dir ? 0 : -errno;
}

static DIR *opened(const struct fuse_file_info *info)
{
	return (DIR *)(uintptr_t)info->fh;
}

int do_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
	       struct fuse_file_info *info, enum fuse_readdir_flags flags)
{
	struct dirent *entry;

	(void)path, (void)offset, (void)flags;
	rewinddir(opened(info));
	while ((entry = readdir(opened(info)))) {
		struct stat status = { .st_ino = entry->d_ino,
				       .st_mode = (mode_t)DTTOIF(entry->d_type) };

		fill(buffer, entry->d_name, &status, 0, 0);
	}
	return 0;
}

int do_releasedir(const char *path, struct fuse_file_info *info)
{
	(void)path;
	closedir(opened(info));
	return 0;
}

int do_statfs(const char *path, struct statvfs *status)
{
	return result(statvfs(beneath(path), status));
}

int do_fsyncdir(const char *path, int data_only, struct fuse_file_info *info)
{
	struct stat status;

	(void)path, (void)data_only;
	FAIL_IF_DUE('f');
	if (fstat(dirfd(opened(info)), &status) < 0)
		return -errno;
	trace_note(RECORD('y'), &status, NULL, NULL, NULL);
	return 0;
}

int do_mkdir(const char *path, mode_t mode)
{
	FAIL_IF_DUE('c');
	return mkdir(beneath(path), mode) < 0 ? -errno : named('d', path, NULL, path);
}

int do_symlink(const char *target, const char *path)
{
	char slashed[4096 + 2]; /* named() takes the slash off again */

	FAIL_IF_DUE('c');
	snprintf(slashed, sizeof(slashed), "/%s", target);
	return symlink(target, beneath(path)) < 0 ? -errno : named('s', path, slashed, path);
}

int do_link(const char *path, const char *to)
{
	FAIL_IF_DUE('c');
	return link(beneath(path), beneath(to)) < 0 ? -errno : named('l', path, to, to);
}

int do_rename(const char *path, const char *to, unsigned int flags)
{
	FAIL_IF_DUE('n');
	if (flags & ~(unsigned int)RENAME_NOREPLACE)
		return -EINVAL;
	if (renameat2(AT_FDCWD, beneath(path), AT_FDCWD, beneath(to), flags) < 0)
		return -errno;
	return named('n', path, to, to);
}

int do_unlink(const char *path)
{
	FAIL_IF_DUE('u');
	if (unlink(beneath(path)) < 0)
		return -errno;
	trace_note(RECORD('u'), NULL, beneath(path), NULL, NULL);
	return 0;
}

int do_rmdir(const char *path)
{
	FAIL_IF_DUE('u');
	if (rmdir(beneath(path)) < 0)
		return -errno;
	trace_note(RECORD('u'), NULL, beneath(path), NULL, NULL);
	return 0;
}

int do_chmod(const char *path, mode_t mode, struct fuse_file_info *info)
{
	FAIL_IF_DUE('m');
	return chmod(beneath(path), mode) < 0 ? -errno : changed(RECORD('m'), path, info, NULL);
}

int do_chown(const char *path, uid_t owner, gid_t group, struct fuse_file_info *info)
{
	FAIL_IF_DUE('m');
	return lchown(beneath(path), owner, group) < 0 ? -errno
						       : changed(RECORD('m'), path, info, NULL);
}

int do_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info)
{
	FAIL_IF_DUE('m');
	if ((info ? futimens((int)info->fh, times)
		  : utimensat(AT_FDCWD, beneath(path), times, AT_SYMLINK_NOFOLLOW)) < 0)
		return -errno;
	return changed(RECORD('m'), path, info, NULL);
}

int do_setxattr(const char *path, const char *name, const char *value, size_t size, int flags)
{
	FAIL_IF_DUE('m');
	return result(lsetxattr(beneath(path), name, value, size, flags));
}

int do_getxattr(const char *path, const char *name, char *value, size_t size)
{
	return result((int)lgetxattr(beneath(path), name, value, size));
}

int do_listxattr(const char *path, char *list, size_t size)
{
	return result((int)llistxattr(beneath(path), list, size));
}

int do_removexattr(const char *path, const char *name)
{
	FAIL_IF_DUE('m');
	return result(lremovexattr(beneath(path), name));
}
