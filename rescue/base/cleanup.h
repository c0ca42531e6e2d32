/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope-exit cleanup, so that ownership shows in the declaration and no
 * function needs a second copy of its error path:
 *
 *	cleanup_fd int fd = open(...);     closed on every way out
 *	return steal_fd(&fd);              handed to the caller instead
 *
 * Destructors accept "nothing" (-1, NULL) and keep errno.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void close_fdp(int *fd)
{
	int saved_errno = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved_errno;
}

static inline void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void close_filep(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void close_dirp(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#define cleanup_dir  __attribute__((cleanup(close_dirp)))
#define cleanup_fd   __attribute__((cleanup(close_fdp)))
#define cleanup_free __attribute__((cleanup(free_pointer)))
#define cleanup_file __attribute__((cleanup(close_filep)))

#endif
