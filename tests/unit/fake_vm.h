/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine whose QEMU plays a guest by script (tests/host/fake-qemu), in a folder of its
 * own. To be included once by a test. */
#ifndef TESTS_FAKE_VM_H
#define TESTS_FAKE_VM_H

#include "base/cleanup.h"
#include "host/vm/vm.h"
#include "unit.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#define FAKE_QEMU TESTS_FOLDER "/host/fake-qemu"
#define LONG_MS	  60000

static char folder[PATH_MAX / 2];

static const char *in_folder(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* A request to grow a disk, to be played by that scenario. The disk is to be closed. */
static struct vm_spec spec_of(const char *scenario)
{
	int fd = open(in_folder("disk"), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(setenv("FAKE_QEMU", scenario, 1), 0);
	return (struct vm_spec){ .guest_folder = folder,
				 .qemu = FAKE_QEMU,
				 .disk = { .fd = fd,
					   .format = "raw",
					   .backing = { .fd = -1 },
					   .read_paths = { "/" },
					   .read_count = 1 },
				 .accel = ACCEL_TCG,
				 .memory_mib = 256,
				 .hardware = { .cpus = 1 },
				 .limits = { .stall_seconds = 30, .hello_seconds = 30 },
				 .progress = PROGRESS_NONE };
}

static void start(struct vm_spec *spec, struct vm *vm)
{
	struct fault fault = { 0 };

	assert_int_equal(vm_start(spec, vm, &fault), 0);
	close_fdp(&spec->disk.fd);
}

/* Read until that event has come, or until the end (NULL). */
static void read_until(struct vm *vm, const char *name)
{
	while (!vm->ended && !(name && vm_event(vm, name))) {
		struct pollfd slot = { .fd = vm->fd, .events = POLLIN };
		struct fault fault;

		assert_int_equal(poll(&slot, 1, LONG_MS), 1);
		assert_int_equal(vm_read(vm, &fault), 0);
	}
}

static void verdict_is(const struct vm *vm, enum reason reason, const char *part)
{
	struct fault fault = { 0 };

	assert_int_equal(vm_verdict(vm, &fault), reason == REASON_NONE ? 0 : -1);
	assert_string_equal(reason_word(fault.reason), reason_word(reason));
	if (!strstr(fault.message, part))
		fail_msg("the message is: %s", fault.message);
}

static void put(const char *name)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	assert_true(fputs("test-build\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
	const char *place = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/vm_keeper.XXXXXX", place ? place : "/tmp");
	assert_non_null(mkdtemp(folder));
	put("kernel");
	put("initramfs.cpio");
	put("build-id");
	put("disk");
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "kernel", "initramfs.cpio", "build-id", "disk" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	return rmdir(folder);
}

#endif
