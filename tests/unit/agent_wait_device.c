/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/agent/devices/wait_device.c: looking for the disk when events were lost. */
#include "agent/devices/wait_device.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCI "../devices/pci0000:00/0000:00:04.0/virtio1/host2/target2:0:0/2:0:0:0/block/sda"

static int scan(const char *const links[][2], char name[WAIT_DEVICE_NAME_BYTES])
{
	char folder[] = "/tmp/wait-device.XXXXXX", path[128];
	int found;

	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; links[i][0]; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, links[i][0]);
		assert_int_equal(symlink(links[i][1], path), 0);
	}
	found = wait_device_scan(folder, name);
	for (size_t i = 0; links[i][0]; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, links[i][0]);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
	return found;
}

static void a_disk_is_found_among_what_is_made_up(void **state)
{
	const char *const links[][2] = { { "loop0", "../devices/virtual/block/loop0" },
					 { "sda", PCI },
					 { "ram0", "../devices/virtual/block/ram0" },
					 { NULL, NULL } };
	char name[WAIT_DEVICE_NAME_BYTES];

	(void)state;
	assert_int_equal(scan(links, name), 1);
	assert_string_equal(name, "sda");
}

static void no_disk_is_no_disk(void **state)
{
	const char *const links[][2] = { { "loop0", "../devices/virtual/block/loop0" },
					 { "a-name-that-is-longer-than-any-disk-has", PCI },
					 { NULL, NULL } };
	char name[WAIT_DEVICE_NAME_BYTES];

	(void)state;
	assert_int_equal(scan(links, name), 0);
	assert_int_equal(wait_device_scan("/there/is/no/such/folder", name), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_disk_is_found_among_what_is_made_up),
	cmocka_unit_test(no_disk_is_no_disk),
};
UNIT_MAIN(tests)
