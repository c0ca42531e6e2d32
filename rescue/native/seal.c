/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal.h"

#include "base/cleanup.h"
#include "host/confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The disk's socket comes in one message, when the rest is closed to newcomers. */
#define FDS_MAX 128

static int limit(int resource, uint64_t value)
{
	struct rlimit now, wanted = { (rlim_t)value, (rlim_t)value };

	if (getrlimit(resource, &now) < 0)
		return -1;
	if (wanted.rlim_max > now.rlim_max)
		wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
	return setrlimit(resource, &wanted);
}

static int set_limits(uint64_t memory_bytes, unsigned cpu_seconds)
{
	return limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_FSIZE, 0) < 0 ||
			       limit(RLIMIT_NOFILE, FDS_MAX) < 0 ||
			       limit(RLIMIT_DATA, memory_bytes) < 0 ||
			       limit(RLIMIT_CPU, cpu_seconds) < 0
		       ? -1
		       : 0;
}

int seal_files(uint64_t memory_bytes, unsigned cpu_seconds, struct fault *fault)
{
	cleanup_fd int rules_fd = landlock_open();

	if (rules_fd < 0)
		return fault_set(fault, REASON_NO_ACCELERATOR, "this kernel has no Landlock");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    landlock_enter(rules_fd) < 0 || set_limits(memory_bytes, cpu_seconds) < 0)
		return fault_set_errno(fault, REASON_NO_ACCELERATOR, errno,
				       "the process cannot be sealed");
	return 0;
}

/* Names that everybody may read, and a name that could be made. */
const char *seal_test_files(void)
{
	static const char *const readable[] = { "/", "/dev/null" };

	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
		cleanup_fd int fd = open(readable[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0 || errno != EACCES)
			return readable[i];
	}
	/* Why this fails does not matter: the root may be read-only, and the name be there. */
	if (mkdir("/tmp/grow-disk-seal", 0700) == 0) {
		(void)rmdir("/tmp/grow-disk-seal");
		return "mkdir";
	}
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? NULL : "new privileges";
}
