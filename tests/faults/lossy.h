/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of lossy share. The functions do_X are operations of libfuse, called with paths
 * that begin with a slash; they give 0 or a number of bytes, or a negative errno. */
#ifndef FAULTS_LOSSY_H
#define FAULTS_LOSSY_H

#define FUSE_USE_VERSION  31
#define _FILE_OFFSET_BITS 64
#include "trace.h"

#include <fuse3/fuse.h>

/* Counts an operation of this class (a letter, see lossy.c): 0, or a negative errno when it is its
 * turn to fail. */
int due(char class);

#define FAIL_IF_DUE(class)                                                                         \
	do {                                                                                       \
		int due_result = due(class);                                                       \
		if (due_result < 0)                                                                \
			return due_result;                                                         \
	} while (0)

/* The path in the folder beneath. It is the current folder, and lookups that begin there do not see
 * the mount. */
const char *beneath(const char *path);

/* The result of a system call as that of an operation. */
int result(int value);

/* Notes a change of an open file, or of one by its path if info is NULL. */
int changed(struct record record, const char *path, const struct fuse_file_info *info,
	    const void *data);

/* Notes a change of names; `there` is the name that the object has now. */
int named(char kind, const char *path, const char *to, const char *there);

/* lossy_files.c: what is done with an open file */
int do_open(const char *path, struct fuse_file_info *info);
int do_create(const char *path, mode_t mode, struct fuse_file_info *info);
int do_release(const char *path, struct fuse_file_info *info);
int do_read(const char *path, char *bytes, size_t size, off_t offset, struct fuse_file_info *info);
int do_write(const char *path, const char *bytes, size_t size, off_t offset,
	     struct fuse_file_info *info);
int do_truncate(const char *path, off_t size, struct fuse_file_info *info);
int do_fallocate(const char *path, int mode, off_t offset, off_t length,
		 struct fuse_file_info *info);
off_t do_lseek(const char *path, off_t offset, int whence, struct fuse_file_info *info);
int do_fsync(const char *path, int data_only, struct fuse_file_info *info);

/* lossy_names.c: names, folders, attributes */
int do_getattr(const char *path, struct stat *status, struct fuse_file_info *info);
int do_access(const char *path, int mode);
int do_readlink(const char *path, char *target, size_t size);
int do_opendir(const char *path, struct fuse_file_info *info);
int do_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
	       struct fuse_file_info *info, enum fuse_readdir_flags flags);
int do_releasedir(const char *path, struct fuse_file_info *info);
int do_statfs(const char *path, struct statvfs *status);
int do_fsyncdir(const char *path, int data_only, struct fuse_file_info *info);
int do_mkdir(const char *path, mode_t mode);
int do_symlink(const char *target, const char *path);
int do_link(const char *path, const char *to);
int do_rename(const char *path, const char *to, unsigned int flags);
int do_unlink(const char *path);
int do_rmdir(const char *path);
int do_chmod(const char *path, mode_t mode, struct fuse_file_info *info);
int do_chown(const char *path, uid_t owner, gid_t group, struct fuse_file_info *info);
int do_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info);
int do_setxattr(const char *path, const char *name, const char *value, size_t size, int flags);
int do_getxattr(const char *path, const char *name, char *value, size_t size);
int do_listxattr(const char *path, char *list, size_t size);
int do_removexattr(const char *path, const char *name);

#endif
