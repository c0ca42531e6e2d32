/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine.h"

#include "base/cleanup.h"
#include "host/confine/landlock.h"
#include "host/confine/syscalls.h"
#include "host/confine/system_rules.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define MIB (UINT64_C(1) << 20)

#define MALLOC_ARENAS "4"
#define STACK_MIB     8

static void allow_backing_files(int rules_fd, const struct confine_needs *needs)
{
	for (size_t i = 0; i < needs->read_count; i++)
		(void)landlock_allow(rules_fd, needs->read_paths[i], MAY_READ);
	if (needs->backing_path)
		(void)landlock_allow(rules_fd, needs->backing_path, MAY_READ);
}

static void allow_inherited(int rules_fd, int fd, unsigned rights)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0)
		(void)landlock_allow(rules_fd, path, rights);
}

static void write_rules(int rules_fd, const struct confine_needs *needs)
{
	system_rules_allow(rules_fd, needs->qemu);
	if (needs->kernel)
		(void)landlock_allow(rules_fd, needs->kernel, MAY_READ);
	if (needs->initramfs)
		(void)landlock_allow(rules_fd, needs->initramfs, MAY_READ);
	if (needs->kvm)
		(void)landlock_allow(rules_fd, "/dev/kvm", MAY_READ | MAY_WRITE | MAY_IOCTL);
	if (needs->share)
		(void)landlock_allow(rules_fd, needs->share,
				     needs->share_writable ? MAY_READ | MAY_WRITE | MAY_CHANGE
							   : MAY_READ);
	allow_backing_files(rules_fd, needs);
	if (needs->native)
		(void)landlock_allow(rules_fd, needs->native, MAY_READ | MAY_EXECUTE);
	for (size_t i = 0; i < needs->port_count; i++)
		(void)landlock_allow_port(rules_fd, needs->ports[i]);
	allow_inherited(rules_fd, needs->write_fd, MAY_READ | MAY_WRITE);
	allow_inherited(rules_fd, needs->read_fd, MAY_READ);
}

void confine_open(struct confine *confine, const struct confine_needs *needs, bool strict)
{
	*confine = (struct confine){
		.rules_fd = strict ? landlock_open() : -1,
		.strict = strict,
		.may_change = needs->share_writable,
		.may_listen = needs->port_count > 0,
		.memory_bytes = (needs->memory_mib + CONFINE_MEMORY_MARGIN_MIB) * MIB,
		.disk_max_bytes = needs->disk_max_bytes,
	};
	if (confine->rules_fd >= 0)
		write_rules(confine->rules_fd, needs);
}

void confine_close(struct confine *confine)
{
	close_fdp(&confine->rules_fd);
}

/* Lower a limit; one that is lower already stays. */
static void limit(int resource, uint64_t bytes)
{
	struct rlimit now, wanted = { (rlim_t)bytes, (rlim_t)bytes };

	if (getrlimit(resource, &now) < 0)
		return;
	if (wanted.rlim_cur > now.rlim_cur)
		wanted.rlim_cur = now.rlim_cur;
	if (wanted.rlim_max > now.rlim_max)
		wanted.rlim_max = now.rlim_max;
	(void)setrlimit(resource, &wanted);
}

/* Of every QEMU, confined or not. */
static void limit_files(const struct confine *confine)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	limit(RLIMIT_CORE, 0); /* an accelerator may abort: no litter */
	/* A write beyond the limit then fails, as on a full disk, and QEMU stops
	 * the machine; the signal would kill it. */
	sigaction(SIGXFSZ, &ignore, NULL);
	if (confine->disk_max_bytes > 0)
		limit(RLIMIT_FSIZE, confine->disk_max_bytes);
}

#ifdef __linux__

int confine_enter(const struct confine *confine)
{
	limit_files(confine);
	if (!confine->strict)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscalls_restrict((confine->may_change ? SYSCALLS_MAY_CHANGE : 0) |
			      (confine->may_listen ? SYSCALLS_MAY_LISTEN : 0)) < 0)
		return -1;
	if (confine->rules_fd >= 0) {
		/* It is another folder for each process. */
		(void)landlock_allow(confine->rules_fd, "/proc/self", MAY_READ);
		if (landlock_enter(confine->rules_fd) < 0)
			return -1;
	}
	(void)setenv("MALLOC_ARENA_MAX", MALLOC_ARENAS, 1);
	limit(RLIMIT_STACK, STACK_MIB * MIB);
	limit(RLIMIT_AS, confine->memory_bytes);
	return 0;
}

#else

int confine_enter(const struct confine *confine)
{
	limit_files(confine);
	return 0;
}

#endif
