#include "mounts.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

static const struct {
	const char *type, *target, *data;
	unsigned long flags;
} mounts[] = {
	{ "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID },
	{ "tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV },
};

int mounts_make(struct fault *fault)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].target, 0755); /* there already, from the manifest */
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
			  mounts[i].data) < 0)
			return fault_set_errno(fault, REASON_INTERNAL, errno, "%s is not mounted",
					       mounts[i].target);
	}
	return 0;
}
