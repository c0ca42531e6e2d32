/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layer.h"

#include "base/cleanup.h"
#include "luks.h"
#include "lvm.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
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

static void layer_free(struct layer *layer)
{
	if (layer->ops->release)
		layer->ops->release(layer);
	free(layer);
}

int layer_open(const struct layer_ops *ops, const struct layer_device *outer,
	       const struct layer_options *options, struct layer **ret_layer, struct fault *fault)
{
	struct layer *layer = calloc(1, ops->struct_bytes);

	if (!layer)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for a layer");
	layer->ops = ops;
	layer->options = options;
	layer->outer = *outer;
	if (ops->open(layer, fault) < 0) {
		layer_free(layer);
		return -1;
	}
	*ret_layer = layer;
	return 0;
}

int layer_close(struct layer *layer, struct fault *fault)
{
	int result = layer->ops->close(layer, fault);

	layer_free(layer);
	return result;
}

int layer_device_size(const char *path, uint64_t *ret_size_bytes, struct fault *fault)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, BLKGETSIZE64, ret_size_bytes) == 0)
		return 0;
	return fault_set_errno(fault, REASON_DISK_IO, errno, "the size of %s cannot be read", path);
}
