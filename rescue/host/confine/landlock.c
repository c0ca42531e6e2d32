/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "landlock.h"

#ifdef __linux__

#include "base/cleanup.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* What the kernel's header may be too old to name. */
#define FS_TRUNCATE    (UINT64_C(1) << 14)
#define FS_IOCTL_DEV   (UINT64_C(1) << 15)
#define NET_TCP	       (UINT64_C(3)) /* bind and connect */
#define NET_BIND       (UINT64_C(1))
#define RULE_NET_PORT  2
#define SCOPE_ABSTRACT (UINT64_C(1) << 0)
#define SCOPE_SIGNAL   (UINT64_C(1) << 1)

/* struct landlock_ruleset_attr as of ABI 6. A kernel that knows only its
 * beginning takes it as long as the rest is zero. */
struct handled {
	uint64_t fs, net, scoped;
};

/* The rights that a rule can name for a file; the others need a folder. */
#define FS_OF_FILES                                                                                \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
	 LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

static int abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static struct handled handled_by(int version)
{
	struct handled handled = { .fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };

	if (version >= 2)
		handled.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		handled.fs |= FS_TRUNCATE;
	if (version >= 4)
		handled.net = NET_TCP;
	if (version >= 5)
		handled.fs |= FS_IOCTL_DEV;
	if (version >= 6)
		handled.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	return handled;
}

int landlock_open(void)
{
	int version = abi();
	struct handled handled = handled_by(version);

	if (version < 1)
		return -1;
	return (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
}

static uint64_t accesses(unsigned rights)
{
	uint64_t access = 0;

	if (rights & MAY_READ)
		access |= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	if (rights & MAY_EXECUTE)
		access |= LANDLOCK_ACCESS_FS_EXECUTE;
	if (rights & MAY_WRITE)
		access |= LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
	if (rights & MAY_CHANGE)
		access |= LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
			  LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO |
			  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
			  LANDLOCK_ACCESS_FS_REFER;
	if (rights & MAY_IOCTL)
		access |= FS_IOCTL_DEV;
	return access & handled_by(abi()).fs;
}

int landlock_allow(int rules_fd, const char *path, unsigned rights)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .allowed_access = accesses(rights),
						   .parent_fd = fd };
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -1;
	if (!S_ISDIR(status.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	return (int)syscall(SYS_landlock_add_rule, rules_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* struct landlock_net_port_attr as of ABI 4. */
int landlock_allow_port(int rules_fd, unsigned port)
{
	const struct {
		uint64_t access, port;
	} rule = { NET_BIND, port };

	return (int)syscall(SYS_landlock_add_rule, rules_fd, RULE_NET_PORT, &rule, 0);
}

int landlock_enter(int rules_fd)
{
	return (int)syscall(SYS_landlock_restrict_self, rules_fd, 0);
}

#else

#include <errno.h>

int landlock_open(void)
{
	return -1;
}

int landlock_allow(int rules_fd, const char *path, unsigned rights)
{
	(void)rules_fd, (void)path, (void)rights;
	errno = ENOSYS;
	return -1;
}

int landlock_allow_port(int rules_fd, unsigned port)
{
	(void)rules_fd, (void)port;
	errno = ENOSYS;
	return -1;
}

int landlock_enter(int rules_fd)
{
	(void)rules_fd;
	errno = ENOSYS;
	return -1;
}

#endif
