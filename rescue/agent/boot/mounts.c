/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mounts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define OVERCOMMIT "/proc/sys/vm/overcommit_memory"

static const struct {
	const char *type, *target, *data;
	unsigned long flags;
} mounts[] = {
	{ "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID },
	{ "tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV },
};

/* A program that asks for memory always gets it, and whoever uses more than
 * there is gets killed: e2fsck or resize2fs, since the kernel spares PID 1.
 * That is a clear sign. A failed malloc(3) would be one sentence among others,
 * behind the exit status of a damaged file system. */
static int never_refuse_memory(struct fault *fault)
{
	cleanup_fd int fd = open(OVERCOMMIT, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		return fault_set_errno(fault, REASON_INTERNAL, errno, OVERCOMMIT " is not set");
	return 0;
}

bool mounts_is_own(const char *folder, const char *type)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (strcmp(folder, mounts[i].target) == 0 && strcmp(type, mounts[i].type) == 0)
			return true;
	return strcmp(folder, "/") == 0 && strcmp(type, "rootfs") == 0;
}

int mounts_make(struct fault *fault)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].target, 0755); /* there already, from the manifest */
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
			  mounts[i].data) < 0)
			return fault_set_errno(fault, REASON_INTERNAL, errno, "%s is not mounted",
					       mounts[i].target);
	}
	return never_refuse_memory(fault);
}
