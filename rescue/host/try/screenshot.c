/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screenshot.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SIGNATURE "\x89PNG\r\n\x1a\n"

/* A picture of ours, or any other, may be replaced; an image, a key, or whatever else somebody has
 * named by mistake, may not. */
static int check_replaced(const char *path, struct fault *fault)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[sizeof(SIGNATURE) - 1];
	struct stat status;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    (status.st_size == 0 || (read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
				     memcmp(head, SIGNATURE, sizeof(head)) == 0)))
		return 0;
	fault_set(fault, REASON_USAGE,
		  "--screenshot would overwrite %.300s, which is not a PNG file", path);
	return fault_hint(fault, "Name another file, or remove that one");
}

int screenshot_open(struct screenshot *screenshot, const char *path, struct fault *fault)
{
	screenshot->path = path;
	if (check_replaced(path, fault) < 0)
		return -1;
	if (snprintf(screenshot->unfinished, PATH_MAX, "%s.XXXXXX", path) < PATH_MAX)
		screenshot->fd = mkostemp(screenshot->unfinished, O_CLOEXEC);
	else
		errno = ENAMETOOLONG;
	/* QEMU takes a descriptor that is for writing alone. */
	if (screenshot->fd >= 0) {
		close_fdp(&screenshot->fd);
		screenshot->fd = open(screenshot->unfinished, O_WRONLY | O_CLOEXEC);
	} else {
		screenshot->unfinished[0] = '\0';
	}
	if (screenshot->fd >= 0)
		return 0;
	fault_set_errno(fault, errno == ENOSPC ? REASON_NO_SPACE : REASON_FOLDER_NOT_WRITABLE,
			errno, "The file %.300s cannot be made", path);
	return fault_hint(fault, "Name a file in a directory that you may write to");
}

int screenshot_finish(struct screenshot *screenshot, struct fault *fault)
{
	cleanup_fd int fd = open(screenshot->unfinished, O_RDONLY | O_CLOEXEC);
	char head[sizeof(SIGNATURE) - 1];

	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size == 0) {
		fault_set(fault, REASON_GUEST_DIED,
			  "The machine ended before a picture of its screen was taken");
		return fault_hint(fault, "Run it again");
	}
	if (fd < 0 || read(fd, head, sizeof(head)) != (ssize_t)sizeof(head) ||
	    memcmp(head, SIGNATURE, sizeof(head)) != 0)
		return fault_set(fault, REASON_INTERNAL, "QEMU has not written the screenshot");
	if (rename(screenshot->unfinished, screenshot->path) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno,
				       "The file %.300s cannot be written", screenshot->path);
	screenshot->unfinished[0] = '\0';
	return 0;
}

void screenshot_close(struct screenshot *screenshot)
{
	if (screenshot->unfinished[0])
		(void)unlink(screenshot->unfinished);
	close_fdp(&screenshot->fd);
}
