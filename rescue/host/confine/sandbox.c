/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include "landlock.h"
#include "syscalls.h"
#include "system_rules.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

int sandbox_open(const char *program_path, const struct grant *grants, size_t count)
{
	int rules_fd = landlock_open();

	if (rules_fd < 0)
		return -1;
	system_rules_allow(rules_fd, program_path);
	for (size_t i = 0; i < count; i++)
		if (grants[i].path)
			(void)landlock_allow(rules_fd, grants[i].path, grants[i].rights);
	return rules_fd;
}

int sandbox_enter(int rules_fd)
{
#ifdef __linux__
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscalls_restrict(0) < 0)
		return -1;
	if (rules_fd < 0)
		return 0;
	(void)landlock_allow(rules_fd, "/proc/self", MAY_READ);
	return landlock_enter(rules_fd);
#else
	(void)rules_fd;
	return 0;
#endif
}
