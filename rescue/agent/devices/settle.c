#include "settle.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define TICK_MS		  500
#define FILE_SECTOR_BYTES 512

/* Wait for at most that long, and pass on what came. 1 when ret_event is a new
 * disk, 0 when not (yet), -1 with the fault. */
static int wait_once(const struct settle *settle, int64_t left_ms, struct uevent *ret_event,
		     struct fault *fault)
{
	struct pollfd ready = { .fd = settle->uevent_fd, .events = POLLIN };
	bool overrun = false;
	int got;

	if (poll(&ready, 1, left_ms < TICK_MS ? (int)left_ms : TICK_MS) <= 0) {
		settle->on_tick(settle->context);
		return 0;
	}
	got = uevent_receive(settle->uevent_fd, ret_event, &overrun, fault);
	if (overrun)
		return fault_set(fault, REASON_INTERNAL, "too many device events at once");
	if (got <= 0)
		return got;
	settle->on_uevent(settle->context, ret_event);
	return strcmp(ret_event->action, "add") == 0 &&
	       strcmp(ret_event->subsystem, "block") == 0 &&
	       strcmp(ret_event->devtype, "disk") == 0 &&
	       strstr(ret_event->devpath, "/virtual/") == NULL;
}

static int open_disk(const char *name, struct disk *ret_disk, struct fault *fault)
{
	struct disk disk = { 0 };
	int sector_bytes;

	snprintf(disk.name, sizeof(disk.name), "%.31s", name);
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
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s does not tell its size",
				       disk.path);
	}
	disk.sector_bytes = (uint32_t)sector_bytes;
	*ret_disk = disk;
	return 0;
}

int settle_disk(const struct settle *settle, int timeout_ms, struct disk *ret_disk,
		struct fault *fault)
{
	int64_t deadline_ms = clock_ms() + timeout_ms;

	for (;;) {
		struct uevent event;
		int64_t left_ms = deadline_ms - clock_ms();
		int got;

		if (left_ms <= 0)
			return fault_set(fault, REASON_DISK_IO, "no disk appeared within %d s",
					 timeout_ms / 1000);
		got = wait_once(settle, left_ms, &event, fault);
		if (got < 0)
			return -1;
		if (got > 0)
			return open_disk(event.devname, ret_disk, fault);
	}
}

int settle_node(const struct settle *settle, const char *path, int timeout_ms, struct fault *fault)
{
	int64_t deadline_ms = clock_ms() + timeout_ms;

	for (;;) {
		struct uevent event;
		int64_t left_ms = deadline_ms - clock_ms();
		cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			return 0;
		if (left_ms <= 0)
			return fault_set_errno(fault, REASON_DISK_IO, errno, "%s did not appear",
					       path);
		if (wait_once(settle, left_ms, &event, fault) < 0)
			return -1;
	}
}

int settle_file(const char *path, bool read_only, struct disk *ret_disk, struct fault *fault)
{
	struct disk disk = { .name = "image", .is_file = true, .sector_bytes = FILE_SECTOR_BYTES };
	struct stat status;

	/* e2fsprogs takes options behind a question mark. */
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
