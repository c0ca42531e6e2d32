/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alpine.h"

#include "base/cleanup.h"
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define HELPER_FILE  "/proc/sys/kernel/hotplug"
#define MDEV	     "/sbin/mdev"
#define MEDIA_DIR    "/run/media"
#define OPEN_FDS_MAX 16

static int write_text(const char *path, const char *text, struct fault *fault)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return fault_set_errno(fault, REASON_INTERNAL, errno, "cannot write to %s", path);
	return 0;
}

int alpine_rescan(struct fault *fault)
{
	static const char *const argv[] = { MDEV, "-s", NULL };
	const struct spawn spawn = { .argv = argv, .tick_ms = 1000 };
	int exit_status;

	if (spawn_run(&spawn, &exit_status, fault) < 0)
		return -1;
	return exit_status == 0 ? 0
				: fault_set(fault, REASON_INTERNAL, "mdev -s ended with status %d",
					    exit_status);
}

int alpine_set_helper(const char *helper, struct fault *fault)
{
	return write_text(HELPER_FILE, helper, fault);
}

bool alpine_has_helper(const char *helper)
{
	cleanup_fd int fd = open(HELPER_FILE, O_RDONLY | O_CLOEXEC);
	char text[256];
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text));
	size_t length = strlen(helper);

	return got == (ssize_t)length + 1 && memcmp(text, helper, length) == 0;
}

int alpine_order_events(struct fault *fault)
{
	return write_text("/dev/mdev.seq", "\n", fault);
}

int alpine_log_events(struct fault *fault)
{
	return write_text("/dev/mdev.log", "", fault);
}

static int trigger(const char *path, const struct stat *status, int type, struct FTW *place)
{
	cleanup_fd int fd = -1;

	(void)status;
	if (type != FTW_F || strcmp(path + place->base, "uevent") != 0)
		return 0;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)!write(fd, "add", 3); /* a device that goes away meanwhile */
	return 0;
}

int alpine_coldplug(struct fault *fault)
{
	if (nftw("/sys/devices", trigger, OPEN_FDS_MAX, FTW_PHYS) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "/sys/devices cannot be read");
	return 0;
}

static void look_into(const char *name)
{
	static const char *const types[] = { "ext4", "ext3", "ext2" };
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", name);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (mount(path, MEDIA_DIR, types[i], MS_RDONLY, NULL) < 0)
			continue;
		(void)umount(MEDIA_DIR);
		return;
	}
}

void alpine_look_for_media(void)
{
	cleanup_file FILE *file = fopen("/proc/partitions", "re");
	char line[128], name[48];

	(void)mkdir(MEDIA_DIR, 0755);
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*u %*u %*u %47s", name) == 1)
			look_into(name);
}
