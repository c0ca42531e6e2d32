/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine.h"

#include "base/cleanup.h"
#include "landlock.h"
#include "syscalls.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define MIB (UINT64_C(1) << 20)

/* Above the guest's memory QEMU was seen to reserve 1.5 GiB, 1 GiB of it for
 * translated code. The rest is for up to 64 threads that do its reading and
 * writing: their stacks, and as many heaps as MALLOC_ARENAS. */
#define MEMORY_MARGIN_MIB 4096
#define MALLOC_ARENAS	  "4"
#define STACK_MIB	  8

struct rule {
	const char *path;
	unsigned rights;
};

/* What programs need to start, and what QEMU looks at. Those that are not there
 * do no harm. */
static const struct rule system_rules[] = {
	{ "/usr", MAY_READ | MAY_EXECUTE },
	{ "/bin", MAY_READ | MAY_EXECUTE },
	{ "/sbin", MAY_READ | MAY_EXECUTE },
	{ "/lib", MAY_READ | MAY_EXECUTE },
	{ "/lib32", MAY_READ | MAY_EXECUTE },
	{ "/lib64", MAY_READ | MAY_EXECUTE },
	{ "/nix/store", MAY_READ | MAY_EXECUTE },
	{ "/gnu/store", MAY_READ | MAY_EXECUTE },
	{ "/etc/ld.so.cache", MAY_READ },
	{ "/etc/ld.so.preload", MAY_READ },
	{ "/etc/localtime", MAY_READ },
	{ "/etc/ssl/openssl.cnf", MAY_READ },
	{ "/etc/gnutls", MAY_READ },
	{ "/etc/crypto-policies", MAY_READ },
	{ "/dev/null", MAY_READ | MAY_WRITE },
	{ "/dev/zero", MAY_READ },
	{ "/dev/random", MAY_READ },
	{ "/dev/urandom", MAY_READ },
	{ "/proc/cpuinfo", MAY_READ },
	{ "/proc/meminfo", MAY_READ },
	{ "/proc/filesystems", MAY_READ },
	{ "/proc/sys/vm", MAY_READ },
	{ "/sys/devices/system", MAY_READ },
	{ "/sys/kernel/mm/transparent_hugepage", MAY_READ },
};

/* Around a QEMU that was not installed below /usr: what belongs to its prefix, or
 * to the folder that it was built in. Not all of either: it may be a home. */
static const char *const program_folders[] = {
	"../lib",	 "../lib64",	     "../libexec",
	"../share/qemu", "../share/seabios", "../share/qemu-firmware",
	"qemu-bundle",	 "../pc-bios",
};

static void allow_program(int rules_fd, const char *program)
{
	int folder_length = (int)(strrchr(program, '/') - program);
	char path[PATH_MAX + 32];

	(void)landlock_allow(rules_fd, program, MAY_READ | MAY_EXECUTE);
	for (size_t i = 0; i < sizeof(program_folders) / sizeof(program_folders[0]); i++) {
		snprintf(path, sizeof(path), "%.*s/%s", folder_length, program, program_folders[i]);
		(void)landlock_allow(rules_fd, path, MAY_READ | MAY_EXECUTE);
	}
}

/* What the caller named. A file that is not there is for QEMU to complain of. */
static void allow_backing_files(int rules_fd, const struct options *options)
{
	for (size_t i = 0; i < options->read_count; i++)
		(void)landlock_allow(rules_fd, options->read_paths[i], MAY_READ);
	if (options->read_count == 0)
		(void)landlock_allow(rules_fd, "/", MAY_READ);
}

static void write_rules(int rules_fd, const struct options *options, const struct paths *paths,
			enum accel accel)
{
	unsigned of_disk =
		request_only_reads(options->request.kind) ? MAY_READ : MAY_READ | MAY_WRITE;

	for (size_t i = 0; i < sizeof(system_rules) / sizeof(system_rules[0]); i++)
		(void)landlock_allow(rules_fd, system_rules[i].path, system_rules[i].rights);
	allow_program(rules_fd, paths->qemu);
	(void)landlock_allow(rules_fd, paths->kernel, MAY_READ);
	(void)landlock_allow(rules_fd, paths->initramfs, MAY_READ);
	if (accel == ACCEL_KVM)
		(void)landlock_allow(rules_fd, "/dev/kvm", MAY_READ | MAY_WRITE | MAY_IOCTL);
	if (options->hardware.share)
		(void)landlock_allow(rules_fd, options->hardware.share,
				     options->hardware.share_writable
					     ? MAY_READ | MAY_WRITE | MAY_CHANGE
					     : MAY_READ);
	if (!options->disk_path)
		return;
	(void)landlock_allow(rules_fd, options->disk_path, of_disk);
	allow_backing_files(rules_fd, options);
}

void confine_open(struct confine *confine, const struct options *options, const struct paths *paths,
		  enum accel accel, bool strict)
{
	*confine = (struct confine){
		.rules_fd = strict ? landlock_open() : -1,
		.strict = strict,
		.may_change = options->hardware.share_writable,
		.memory_bytes = (options->memory_mib + MEMORY_MARGIN_MIB) * MIB,
		.disk_max_bytes = options->disk_max_bytes,
	};
	if (confine->rules_fd >= 0)
		write_rules(confine->rules_fd, options, paths, accel);
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
	/* A write behind the limit then fails, as on a full disk, and QEMU stops
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
	    syscalls_restrict(confine->may_change) < 0)
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
