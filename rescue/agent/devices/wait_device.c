/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wait_device.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "wire/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_DIR	  "/sys/block"
#define TICK_MS		  500
#define ASKED_FOR_MS	  60000 /* the host answers at once, but may be busy */
#define FILE_SECTOR_BYTES 512
#define SERIAL_AT	  4 /* in the page */
#define SERIAL_MAX_BYTES  32

/* The device path of a disk that no driver makes up: /devices/virtual/... */
static bool is_real(const char *devpath)
{
	return strstr(devpath, "/virtual/") == NULL;
}

/* Its serial number is the second half of page 80h of its vital product data (SPC-4). */
static bool has_serial(const char *block_dir, const char *name, const char *serial)
{
	char path[PATH_MAX], page[SERIAL_AT + SERIAL_MAX_BYTES];
	cleanup_fd int fd = -1;
	const size_t serial_bytes = strlen(serial);

	snprintf(path, sizeof(path), "%s/%s/device/vpd_pg80", block_dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 &&
	       read(fd, page, SERIAL_AT + serial_bytes) == (ssize_t)(SERIAL_AT + serial_bytes) &&
	       memcmp(page + SERIAL_AT, serial, serial_bytes) == 0;
}

/* Is it the one with that serial number; NULL: the disk to work on, which has none of ours? */
static bool is_wanted(const char *block_dir, const char *name, const char *serial)
{
	if (serial)
		return has_serial(block_dir, name, serial);
	return !has_serial(block_dir, name, WIRE_TOOLS_SERIAL) &&
	       !has_serial(block_dir, name, WIRE_KEY_SERIAL);
}

static int scan(const char *block_dir, const char *serial, char ret_name[WAIT_DEVICE_NAME_BYTES])
{
	DIR *disks = opendir(block_dir);
	struct dirent *entry;
	int found = 0;

	while (disks && !found && (entry = readdir(disks)) != NULL) {
		char target[PATH_MAX];
		ssize_t length =
			readlinkat(dirfd(disks), entry->d_name, target, sizeof(target) - 1);

		if (length < 0 || strlen(entry->d_name) >= WAIT_DEVICE_NAME_BYTES)
			continue; /* "." and "..", or no disk of ours */
		target[length] = '\0';
		found = is_real(target) && is_wanted(block_dir, entry->d_name, serial);
		if (found)
			strcpy(ret_name, entry->d_name);
	}
	if (disks)
		closedir(disks);
	return found;
}

int wait_device_scan(const char *block_dir, char ret_name[WAIT_DEVICE_NAME_BYTES])
{
	return scan(block_dir, NULL, ret_name);
}

/* Wait for at most that long, and pass on what came. 1 when ret_name is a new
 * disk, 0 when not (yet), -1 with the fault. */
static int wait_once(const struct wait_device *waiting, int64_t left_ms, const char *serial,
		     char ret_name[WAIT_DEVICE_NAME_BYTES], struct fault *fault)
{
	struct pollfd ready = { .fd = waiting->uevent_fd, .events = POLLIN };
	struct uevent event;
	bool overrun = false;
	int got;

	if (poll(&ready, 1, left_ms < TICK_MS ? (int)left_ms : TICK_MS) <= 0) {
		waiting->on_tick(waiting->context);
		return 0;
	}
	got = uevent_receive(waiting->uevent_fd, &event, &overrun, fault);
	if (overrun) /* the event that we wait for may be among the lost ones */
		return scan(BLOCK_DIR, serial, ret_name);
	if (got <= 0)
		return got;
	waiting->on_uevent(waiting->context, &event);
	if (strcmp(event.action, "add") != 0 || strcmp(event.subsystem, "block") != 0 ||
	    strcmp(event.devtype, "disk") != 0 || !is_real(event.devpath) ||
	    strlen(event.devname) >= WAIT_DEVICE_NAME_BYTES ||
	    !is_wanted(BLOCK_DIR, event.devname, serial))
		return 0;
	strcpy(ret_name, event.devname);
	return 1;
}

int wait_device_open(const char *name, struct disk *ret_disk, struct fault *fault)
{
	struct disk disk = { 0 };
	int sector_bytes;

	snprintf(disk.name, sizeof(disk.name), "%s", name);
	snprintf(disk.path, sizeof(disk.path), "/dev/%s", disk.name);
	disk.fd = open(disk.path, O_RDWR | O_CLOEXEC);
	if (disk.fd < 0 && (errno == EROFS || errno == EACCES))
		disk.fd = open(disk.path, O_RDONLY | O_CLOEXEC);
	if (disk.fd < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be opened",
				       disk.path);
	if (ioctl(disk.fd, BLKGETSIZE64, &disk.size_bytes) < 0 ||
	    ioctl(disk.fd, BLKSSZGET, &sector_bytes) < 0) {
		close_fdp(&disk.fd);
		return fault_set_errno(fault, REASON_DISK_IO, errno,
				       "the size of %s cannot be read", disk.path);
	}
	disk.sector_bytes = (uint32_t)sector_bytes;
	*ret_disk = disk;
	return 0;
}

static int wait_for(const struct wait_device *waiting, int timeout_ms, const char *serial,
		    char ret_name[WAIT_DEVICE_NAME_BYTES], struct fault *fault)
{
	int64_t deadline_ms = clock_ms() + timeout_ms;

	for (;;) {
		int64_t left_ms = deadline_ms - clock_ms();
		int got;

		if (left_ms <= 0)
			return fault_set(fault, REASON_DISK_IO, "no disk %s%sappeared within %d s",
					 serial ? serial : "", serial ? " " : "",
					 timeout_ms / 1000);
		got = wait_once(waiting, left_ms, serial, ret_name, fault);
		if (got != 0)
			return got < 0 ? -1 : 0;
	}
}

int wait_device_disk(const struct wait_device *waiting, int timeout_ms, struct disk *ret_disk,
		     struct fault *fault)
{
	char name[WAIT_DEVICE_NAME_BYTES];

	return wait_for(waiting, timeout_ms, NULL, name, fault) < 0
		       ? -1
		       : wait_device_open(name, ret_disk, fault);
}

int wait_device_tools(const struct wait_device *waiting, char ret_name[WAIT_DEVICE_NAME_BYTES],
		      struct fault *fault)
{
	return wait_for(waiting, ASKED_FOR_MS, WIRE_TOOLS_SERIAL, ret_name, fault);
}

int wait_device_key(const struct wait_device *waiting, char ret_name[WAIT_DEVICE_NAME_BYTES],
		    struct fault *fault)
{
	return wait_for(waiting, ASKED_FOR_MS, WIRE_KEY_SERIAL, ret_name, fault);
}

int wait_device_present(const struct wait_device *waiting, int timeout_ms, struct disk *ret_disk,
			struct fault *fault)
{
	char name[WAIT_DEVICE_NAME_BYTES];

	return wait_device_scan(BLOCK_DIR, name) > 0
		       ? wait_device_open(name, ret_disk, fault)
		       : wait_device_disk(waiting, timeout_ms, ret_disk, fault);
}

int wait_device_node(const struct wait_device *waiting, const char *path, int timeout_ms,
		     struct fault *fault)
{
	int64_t deadline_ms = clock_ms() + timeout_ms;

	for (;;) {
		char name[WAIT_DEVICE_NAME_BYTES];
		int64_t left_ms = deadline_ms - clock_ms();
		cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			return 0;
		if (left_ms <= 0)
			return fault_set_errno(fault, REASON_DISK_IO, errno, "%s did not appear",
					       path);
		if (wait_once(waiting, left_ms, NULL, name, fault) < 0)
			return -1;
	}
}

int wait_device_file(const char *path, bool read_only, struct disk *ret_disk, struct fault *fault)
{
	struct disk disk = { .name = "image", .is_file = true, .sector_bytes = FILE_SECTOR_BYTES };
	struct stat status;

	/* e2fsprogs takes options after a question mark. */
	if (strchr(path, '?') || strlen(path) >= sizeof(disk.path))
		return fault_set(fault, REASON_USAGE, "the path of the image file is not usable");
	memcpy(disk.path, path, strlen(path) + 1);
	disk.fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (disk.fd < 0 || fstat(disk.fd, &status) < 0) {
		close_fdp(&disk.fd);
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be opened", path);
	}
	disk.size_bytes = (uint64_t)status.st_size / FILE_SECTOR_BYTES * FILE_SECTOR_BYTES;
	*ret_disk = disk;
	return 0;
}
