/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lock.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "device.h"
#include "holder.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define RETRY_MS  200
#define DEVICE_MS 3000 /* udev has a look at a device whenever somebody has closed it */
#define MOVES_MAX 100  /* seldom more than once; more means that no lock can be had here */

/* QEMU locks byte PERMITTED + n for a permission that it has, and byte UNSHARED + n for one
 * that it grants to nobody else. */
#define PERMITTED_AT 100
#define UNSHARED_AT  200

enum permission { MAY_READ_IT = 1, MAY_WRITE_IT = 2, MAY_WRITE_UNCHANGED = 4, MAY_RESIZE_IT = 8 };
#define PERMISSIONS 4

enum attempt { ATTEMPT_DONE, ATTEMPT_LOCKED, ATTEMPT_MOVED, ATTEMPT_FAULT };

static int refuse_in_use(const struct image *image, struct fault *fault)
{
	char holder[HOLDER_BYTES];

	holder_find(image, true, holder);
	fault_set(fault, REASON_IMAGE_LOCKED, "Another program uses %.300s%s", image->path, holder);
	return fault_hint(fault,
			  "Stop that program (shut down its virtual machine), then try again");
}

#ifdef F_OFD_SETLK

/* Lock one byte for reading, as QEMU does. 0; 1: another one has it for writing. A file
 * system without such locks has no holders either. */
static int lock_byte(int fd, off_t at)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock) < 0 && (errno == EAGAIN || errno == EACCES);
}

/* Does another program hold that byte? */
static bool is_held(int fd, off_t at)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool lock_as_qemu(int fd, bool only_read)
{
	unsigned permitted = only_read ? MAY_READ_IT : MAY_READ_IT | MAY_WRITE_IT | MAY_RESIZE_IT;
	unsigned unshared = only_read ? MAY_WRITE_IT | MAY_RESIZE_IT : (1u << PERMISSIONS) - 1;

	for (unsigned i = 0; i < PERMISSIONS; i++)
		if ((permitted >> i & 1 && lock_byte(fd, PERMITTED_AT + i)) ||
		    (unshared >> i & 1 && lock_byte(fd, UNSHARED_AT + i)))
			return false;
	for (unsigned i = 0; i < PERMISSIONS; i++)
		if ((permitted >> i & 1 && is_held(fd, UNSHARED_AT + i)) ||
		    (unshared >> i & 1 && is_held(fd, PERMITTED_AT + i)))
			return false;
	return true;
}

#else

static bool lock_as_qemu(int fd, bool only_read)
{
	(void)fd, (void)only_read;
	return true;
}

#endif

static bool is_still_there(const struct image *image, int fd)
{
	struct stat named, opened;

	return stat(image_at(image), &named) == 0 && fstat(fd, &opened) == 0 &&
	       named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

static enum attempt attempt(struct image *image, struct fault *fault)
{
	cleanup_fd int fd = -1;

	if (image_locate(image, fault) < 0 || image_check_kind(image, fault) < 0)
		return ATTEMPT_FAULT;
	/* Of a device O_EXCL keeps out whoever mounts it, and other devices that stand on it. */
	fd = open(image_at(image), (image->only_read ? O_RDONLY : O_RDWR) |
					   (image->is_device ? O_EXCL : 0) | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return ATTEMPT_MOVED;
	if (fd < 0 && errno == EBUSY && image->is_device) {
		device_busy(image, fault);
		return ATTEMPT_LOCKED;
	}
	if (fd < 0) {
		fault_set_errno(fault,
				image->only_read ? REASON_IMAGE_UNREADABLE
						 : REASON_IMAGE_NOT_WRITABLE,
				errno, "%.300s cannot be opened", image->path);
		fault_hint(fault, "Check its permissions");
		return ATTEMPT_FAULT;
	}
	if (flock(fd, (image->only_read ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0 &&
	    errno == EWOULDBLOCK) {
		refuse_in_use(image, fault);
		return ATTEMPT_LOCKED;
	}
	/* Whoever had it may have moved it away, put it back, or replaced it. */
	if (!is_still_there(image, fd))
		return ATTEMPT_MOVED;
	if (device_check_alone(image, fault) < 0)
		return ATTEMPT_LOCKED;
	if (!lock_as_qemu(fd, image->only_read)) {
		close_fdp(&fd); /* not to find ourselves */
		refuse_in_use(image, fault);
		return ATTEMPT_LOCKED;
	}
	if (holder_is_loop_device(image, fault))
		return ATTEMPT_LOCKED;
	image->read_fd = open(image_at(image), O_RDONLY | O_CLOEXEC);
	if (image->read_fd < 0)
		return ATTEMPT_MOVED;
	image->fd = steal_fd(&fd);
	return ATTEMPT_DONE;
}

/* -1: it was not taken. */
static int wait_a_little(struct interrupt *interrupt, struct fault *fault)
{
	struct pollfd slot = { .fd = interrupt->signals_fd, .events = POLLIN };

	(void)poll(&slot, 1, RETRY_MS);
	return interrupt_check(interrupt, fault);
}

int lock_take(struct image *image, unsigned wait_seconds, struct interrupt *interrupt,
	      void (*on_wait)(void *context, const struct fault *why), void *context,
	      struct fault *fault)
{
	int64_t wait_ms = (int64_t)wait_seconds * 1000;
	int64_t deadline_ms =
		clock_ms() + (image->is_device && wait_ms < DEVICE_MS ? DEVICE_MS : wait_ms);
	unsigned moves = 0;
	bool told = false;

	for (;;) {
		enum attempt result = attempt(image, fault);

		if (result == ATTEMPT_DONE)
			return 0;
		if (result == ATTEMPT_FAULT)
			return -1;
		if (result == ATTEMPT_MOVED && ++moves < MOVES_MAX)
			continue;
		if (result == ATTEMPT_MOVED) {
			fault_set(fault, REASON_IMAGE_LOCKED,
				  "Another program keeps replacing %.300s", image->path);
			fault_hint(fault, "Stop that program, then try again");
		}
		if (clock_ms() >= deadline_ms)
			return -1;
		if (!told && on_wait && wait_ms > 0)
			on_wait(context, fault);
		told = true;
		if (wait_a_little(interrupt, fault) < 0)
			return -1;
	}
}
