/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "warm_store.h"

#include "base/cleanup.h"
#include "host/vm/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FOLDER	  "/warm"
#define LOCK_NAME "lock"
#define NEW_NAME  "new"
#define SUFFIX	  ".machine"

#define NAMES_MAX 64 /* that one sweep looks at */

struct entry {
	char name[64];
	struct timespec mtime;
};

static bool is_ours_alone(const struct stat *status)
{
	return status->st_uid == geteuid() && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int warm_store_open(struct warm_store *store, struct fault *fault)
{
	char path[PATH_MAX];
	struct stat status;

	*store = (struct warm_store){ .folder_fd = -1, .lock_fd = -1 };
	if (cache_folder(path, true) < 0)
		return fault_set(
			fault, REASON_INTERNAL,
			"there is no cache directory: neither XDG_CACHE_HOME nor HOME is set");
	strcat(path, FOLDER);
	(void)mkdir(path, 0700); /* it exists: fine; it fails: so will the next */
	store->folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (store->folder_fd < 0 || fstat(store->folder_fd, &status) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "%s cannot be used", path);
	if (!is_ours_alone(&status))
		return fault_set(fault, REASON_INTERNAL,
				 "%s belongs to another user, or others may write to it", path);
	return 0;
}

void warm_store_close(struct warm_store *store)
{
	close_fdp(&store->lock_fd);
	close_fdp(&store->folder_fd);
}

/* O_NONBLOCK: a FIFO in its place must not hang us. */
int warm_store_read(const struct warm_store *store, const char *name)
{
	cleanup_fd int fd = openat(store->folder_fd, name,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    !is_ours_alone(&status) || status.st_nlink != 1)
		return -1;
	return steal_fd(&fd);
}

int warm_store_lock(struct warm_store *store, struct fault *fault)
{
	store->lock_fd = openat(store->folder_fd, LOCK_NAME,
				O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (store->lock_fd >= 0 && flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		fault_set(fault, REASON_STALLED, "another run is saving a machine right now");
	else
		fault_set_errno(fault, REASON_INTERNAL, errno,
				"the cache directory cannot be locked");
	close_fdp(&store->lock_fd);
	return -1;
}

int warm_store_create(const struct warm_store *store, struct fault *fault)
{
	int fd;

	(void)unlinkat(store->folder_fd, NEW_NAME, 0);
	fd = openat(store->folder_fd, NEW_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		fault_set_errno(fault, REASON_INTERNAL, errno,
				"no file can be created in the cache directory");
	return fd;
}

void warm_store_drop(const struct warm_store *store)
{
	(void)unlinkat(store->folder_fd, NEW_NAME, 0);
}

void warm_store_remove(const struct warm_store *store, const char *name)
{
	(void)unlinkat(store->folder_fd, name, 0);
}

/* The saved machines in the folder, in no order; how many. */
static size_t list(const struct warm_store *store, struct entry entries[NAMES_MAX])
{
	int fd = openat(store->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *found;
	size_t count = 0;

	if (!folder)
		close_fdp(&fd);
	while (folder && count < NAMES_MAX && (found = readdir(folder)) != NULL) {
		size_t length = strlen(found->d_name);
		struct stat status;

		if (length < sizeof(SUFFIX) || length >= sizeof(entries[count].name) ||
		    strcmp(found->d_name + length - strlen(SUFFIX), SUFFIX) != 0 ||
		    fstatat(store->folder_fd, found->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		strcpy(entries[count].name, found->d_name);
		entries[count++].mtime = status.st_mtim;
	}
	if (folder)
		closedir(folder);
	return count;
}

static bool is_older(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec != other->tv_sec ? one->tv_sec < other->tv_sec
					    : one->tv_nsec < other->tv_nsec;
}

static void sweep(const struct warm_store *store)
{
	struct entry entries[NAMES_MAX];
	size_t count = list(store, entries);

	while (count > WARM_STORE_MACHINES_MAX) {
		size_t oldest = 0;

		for (size_t i = 1; i < count; i++)
			if (is_older(&entries[i].mtime, &entries[oldest].mtime))
				oldest = i;
		warm_store_remove(store, entries[oldest].name);
		entries[oldest] = entries[--count];
	}
}

int warm_store_publish(const struct warm_store *store, const char *name, struct fault *fault)
{
	if (renameat(store->folder_fd, NEW_NAME, store->folder_fd, name) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "the saved machine cannot be renamed");
	sweep(store);
	return 0;
}
