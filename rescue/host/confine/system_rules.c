/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system_rules.h"

#include "landlock.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct rule {
	const char *path;
	unsigned rights;
};

/* Libraries, and what QEMU looks at. */
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

void system_rules_allow(int rules_fd, const char *program_path)
{
	for (size_t i = 0; i < sizeof(system_rules) / sizeof(system_rules[0]); i++)
		(void)landlock_allow(rules_fd, system_rules[i].path, system_rules[i].rights);
	allow_program(rules_fd, program_path);
}
