/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "loop.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Nobody else in the machine uses loop devices. */
static int open_free(char *path, size_t path_bytes)
{
	cleanup_fd int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);

	if (number < 0)
		return -1;
	snprintf(path, path_bytes, "/dev/loop%d", number);
	return open(path, O_RDWR | O_CLOEXEC);
}

int loop_attach(const struct fs_target *target, bool sealed, struct fs_target *ret_target,
		int *ret_fd, struct fault *fault)
{
	cleanup_fd int backing = -1;
	struct loop_config config = { .info = { .lo_offset = target->offset_bytes,
						.lo_flags = LO_FLAGS_AUTOCLEAR } };
	int fd;

	*ret_fd = -1;
	*ret_target = *target;
	if (target->offset_bytes == 0)
		return 0;
	*ret_target = (struct fs_target){ .offset_bytes = 0 };
	if (sealed) {
		snprintf(ret_target->device, sizeof(ret_target->device), "%s@%llu", target->path,
			 (unsigned long long)target->offset_bytes);
		return 0;
	}
	backing = open(target->path, O_RDWR | O_CLOEXEC);
	fd = backing < 0 ? -1 : open_free(ret_target->path, sizeof(ret_target->path));
	config.fd = (unsigned)backing;
	if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, &config) < 0) {
		fault_set_errno(fault, REASON_INTERNAL, errno, "no loop device for byte %llu of %s",
				(unsigned long long)target->offset_bytes, target->path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	fs_target_move(ret_target, 0);
	*ret_fd = fd;
	return 0;
}
