/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that take the place of libc's: each as the one without "shim_". */
#ifndef NATIVE_SHIM_CALLS_H
#define NATIVE_SHIM_CALLS_H

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

int shim_open(const char *path, int flags, ...);
int shim_close(int fd);
int shim_dup(int fd);
ssize_t shim_read(int fd, void *bytes, size_t size_bytes);
ssize_t shim_write(int fd, const void *bytes, size_t size_bytes);
ssize_t shim_pread(int fd, void *bytes, size_t size_bytes, off_t at);
ssize_t shim_pwrite(int fd, const void *bytes, size_t size_bytes, off_t at);
off_t shim_lseek(int fd, off_t offset, int whence);
int shim_fstat(int fd, struct stat *status);
int shim_stat(const char *path, struct stat *status);
int shim_access(const char *path, int mode);
int shim_fsync(int fd);
int shim_ftruncate(int fd, off_t size_bytes);
int shim_fallocate(int fd, int mode, off_t at, off_t size_bytes);
int shim_posix_fadvise(int fd, off_t at, off_t size_bytes, int advice);
ssize_t shim_readahead(int fd, off_t at, size_t size_bytes);
int shim_ioctl(int fd, unsigned long request, ...);
int shim_fcntl(int fd, int command, ...);
FILE *shim_fopen(const char *path, const char *mode);
int shim_unlink(const char *path);
FILE *shim_setmntent(const char *path, const char *mode);

struct utsname;
int shim_uname(struct utsname *ret_name);
struct sysinfo;
int shim_sysinfo(struct sysinfo *ret_machine);
int shim_getrlimit(int resource, struct rlimit *ret_limit);
int shim_setrlimit(int resource, const struct rlimit *limit);

void *shim_malloc(size_t size_bytes);
void *shim_calloc(size_t count, size_t size_bytes);
void *shim_realloc(void *memory, size_t size_bytes);
int shim_posix_memalign(void **ret_memory, size_t alignment, size_t size_bytes);
void *shim_memalign(size_t alignment, size_t size_bytes);

int shim_thread_create(pthread_t *ret_thread, const pthread_attr_t *attributes,
		       void *(*run)(void *argument), void *argument);
int shim_thread_join(pthread_t number, void **ret_result);
int shim_thread_wait(void); /* pthread_cond_wait */

/* What is not there for a sealed process: NULL, and -1, also as an ssize_t (readlink). */
void *shim_absent(void);
ssize_t shim_refuse(void);

#endif
