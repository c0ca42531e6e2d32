/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk.h"

#include "base/cleanup.h"
#include "host/image/detect.h"

#include <fcntl.h>
#include <stdio.h>

#define ALWAYS_BYTES (UINT64_C(256) << 20)

static int make_overlay(struct log *overlay, const struct boot_layers *layers,
			const struct programs *programs, struct fault *fault)
{
	struct image *below = malloc(sizeof(*below));
	char path[PATH_MAX];
	int result;

	if (!below)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	*below = *layers->image;
	if (layers->log_path) {
		snprintf(below->path, sizeof(below->path), "%s", layers->log_path);
		below->format = IMAGE_QCOW2;
	}
	if (!layers->kept) {
		snprintf(path, sizeof(path), "%s/%s", layers->work_folder, layers->name);
		log_name_throwaway(overlay, below, path);
	}
	result = log_reserve(overlay, fault);
	if (result == 0)
		result = log_create(overlay, below, layers->size_bytes, programs, fault);
	free(below);
	return result;
}

static int open_files(struct boot_disk *disk, const struct log *overlay,
		      const struct boot_layers *layers, struct fault *fault)
{
	disk->overlay_fd = open(overlay->path, O_RDWR | O_CLOEXEC);
	disk->image_fd = open(image_at(layers->image), O_RDONLY | O_CLOEXEC);
	if (layers->log_path)
		disk->log_fd = open(layers->log_path, O_RDONLY | O_CLOEXEC);
	if (disk->overlay_fd >= 0 && disk->image_fd >= 0 &&
	    (!layers->log_path || disk->log_fd >= 0))
		return 0;
	return fault_set_errno(fault, REASON_DISK_IO, errno,
			       "The disk of the virtual machine cannot be opened");
}

static void plan_disk(struct boot_disk *disk, const struct boot_layers *layers)
{
	struct disk_image *image = layers->log_path ? &disk->plan.base : &disk->plan.backing;

	disk->plan.image = (struct disk_image){ .format = "qcow2", .fd = disk->overlay_fd };
	if (layers->log_path)
		disk->plan.backing = (struct disk_image){ .format = "qcow2", .fd = disk->log_fd };
	*image = (struct disk_image){ .format = image_format_word(layers->image->format),
				      .fd = disk->image_fd };
	if (!image_has_others(layers->image))
		return;
	image->fd = -1;
	image->path = image_at(layers->image);
	disk->read_paths[disk->read_count++] = "/";
}

int boot_disk_open(struct boot_disk *disk, const struct boot_layers *layers,
		   const struct programs *programs, struct fault *fault)
{
	struct log *overlay = layers->kept ? layers->kept : &disk->overlay;

	*disk = (struct boot_disk){
		.overlay = { .fd = -1, .read_fd = -1 },
		.overlay_fd = -1,
		.log_fd = -1,
		.image_fd = -1,
		.max_bytes = ALWAYS_BYTES + layers->size_bytes + layers->size_bytes / 16,
	};
	if (make_overlay(overlay, layers, programs, fault) < 0 ||
	    open_files(disk, overlay, layers, fault) < 0)
		return -1;
	plan_disk(disk, layers);
	return 0;
}

void boot_disk_close(struct boot_disk *disk)
{
	log_close(&disk->overlay);
	close_fdp(&disk->overlay_fd);
	close_fdp(&disk->log_fd);
	close_fdp(&disk->image_fd);
}
