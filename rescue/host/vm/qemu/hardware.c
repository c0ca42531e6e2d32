/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hardware.h"

#include "wire/limits.h"

const char *const attach_words[] = { "scsi", "ide", "virtio", "usb", "nvme", NULL };

static const struct {
	const char *driver, *bus, *controller;
	bool hot_plug, stops; /* it can stop the machine on an error */
} kinds[] = {
	[ATTACH_SCSI] = { "scsi-hd", "scsi.0", NULL, true, true },
	[ATTACH_IDE] = { "ide-hd", "ide.0", NULL, false, true },
	[ATTACH_VIRTIO] = { "virtio-blk-pci", NULL, NULL, true, true },
	[ATTACH_USB] = { "usb-storage", "usb.0", "qemu-xhci,id=usb", true, true },
	[ATTACH_NVME] = { "nvme", NULL, NULL, true, false },
};

bool hardware_can_hot_plug(enum attach attach)
{
	return kinds[attach].hot_plug;
}

const char *hardware_controller(enum attach attach)
{
	return kinds[attach].controller;
}

/* On an error the machine stops and says so, instead of telling the guest: it
 * is for the host to explain a host's full disk. */
json_t *hardware_device(enum attach attach, uint32_t sector_bytes)
{
	json_t *device = json_pack("{s:s, s:s*, s:s, s:s}", "driver", kinds[attach].driver, "bus",
				   kinds[attach].bus, "id", "disk-device", "drive", "disk");

	if (device && kinds[attach].stops) {
		json_object_set_new(device, "werror", json_string("stop"));
		json_object_set_new(device, "rerror", json_string("stop"));
	}
	if (device && attach == ATTACH_NVME)
		json_object_set_new(device, "serial", json_string("grow-disk"));
	if (device && sector_bytes > 512) {
		json_object_set_new(device, "logical_block_size", json_integer(sector_bytes));
		json_object_set_new(device, "physical_block_size", json_integer(sector_bytes));
	}
	return device;
}

json_t *hardware_read_device(const char *node, const char *serial)
{
	char id[32];

	snprintf(id, sizeof(id), "%s-device", node);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "driver", "scsi-hd", "bus", "scsi.0", "id",
			 id, "drive", node, "serial", serial);
}
