#include "leave.h"

#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
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

/* The last mount that holds data of a device or of the host; false: none. */
static bool find_last(char path[PATH_MAX])
{
	FILE *mounts = setmntent(MOUNTS, "re");
	const struct mntent *entry;
	bool found = false;

	while (mounts && (entry = getmntent(mounts)) != NULL) {
		if (strncmp(entry->mnt_fsname, "/dev/", 5) != 0 &&
		    strcmp(entry->mnt_type, "9p") != 0)
			continue;
		found = strlen(entry->mnt_dir) < PATH_MAX;
		if (found)
			strcpy(path, entry->mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

int leave_all(struct fault *fault)
{
	char path[PATH_MAX];

	end_processes();
	(void)!chdir("/");
	for (int i = 0; i < MOUNTS_MAX && find_last(path); i++)
		if (umount2(path, 0) < 0)
			return fault_set_errno(fault, REASON_DISK_IO, errno,
					       "what is mounted on %.100s cannot be unmounted",
					       path);
	sync();
	return 0;
}
