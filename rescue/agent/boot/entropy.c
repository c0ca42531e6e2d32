/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "entropy.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>

#define SEED_MAX_BYTES 64

int entropy_add(const void *seed, size_t size_bytes, struct fault *fault)
{
	cleanup_fd int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	/* struct rand_pool_info: two numbers, and the bytes in words after them */
	int info[2 + SEED_MAX_BYTES / sizeof(int)] = { (int)size_bytes * 8, (int)size_bytes };

	if (size_bytes > SEED_MAX_BYTES)
		return fault_set(fault, REASON_INTERNAL, "the seed is too long");
	memcpy(&info[2], seed, size_bytes);
	/* Without the second call the new bytes would wait for their turn, up to a
	 * minute. */
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, info) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "the guest's kernel rejected the random seed");
	return 0;
}
