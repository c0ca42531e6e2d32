/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unmount_all.h"

#include "mounts.h"

#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define MOUNTS	   "/proc/self/mounts"
#define REAP_TRIES 500
#define REAP_MS	   10
#define MOUNTS_MAX 1000 /* each turn unmounts one */

static void end_processes(void)
{
	(void)kill(-1, SIGKILL); /* never ourselves */
	for (int tries = 0; tries < REAP_TRIES; tries++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (errno == ECHILD)
			return;
		poll(NULL, 0, REAP_MS);
	}
}

/* The last mount that is not ours, by whatever name its device was called, and
 * also one that holds no data: it may lie on one that does. 0: none; -1: they
 * cannot be told, as something lies on /proc. */
static int find_last(char path[PATH_MAX])
{
	FILE *mounts = setmntent(MOUNTS, "re");
	const struct mntent *entry;
	int found = 0;

	if (!mounts)
		return -1;
	while ((entry = getmntent(mounts)) != NULL) {
		if (mounts_is_own(entry->mnt_dir, entry->mnt_type) ||
		    strlen(entry->mnt_dir) >= PATH_MAX)
			continue;
		found = 1;
		strcpy(path, entry->mnt_dir);
	}
	endmntent(mounts);
	return found;
}

int unmount_all(struct fault *fault)
{
	char path[PATH_MAX];
	int found;

	end_processes();
	(void)!chdir("/");
	for (int i = 0; (found = find_last(path)) > 0 && i < MOUNTS_MAX; i++)
		if (umount2(path, 0) < 0)
			return fault_set_errno(fault, REASON_DISK_IO, errno,
					       "what is mounted on %.100s cannot be unmounted",
					       path);
	if (found != 0)
		return fault_set(fault, REASON_DISK_IO,
				 "not everything could be unmounted: " MOUNTS
				 " cannot be read, or lists too many mounts");
	sync();
	return 0;
}
