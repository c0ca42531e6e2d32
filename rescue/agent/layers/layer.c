/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layer.h"

#include "base/cleanup.h"
#include "luks.h"
#include "lvm.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

static const struct layer_ops *const kinds[] = { &lvm_ops, &luks_ops };

const struct layer_ops *layer_find(const char *type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->type, type) == 0)
			return kinds[i];
	return NULL;
}

int layer_device_size(const char *path, uint64_t *ret_size_bytes, struct fault *fault)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, BLKGETSIZE64, ret_size_bytes) == 0)
		return 0;
	return fault_set_errno(fault, REASON_DISK_IO, errno, "%s does not tell its size", path);
}
