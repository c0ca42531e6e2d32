/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "key.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "wire/request.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SECTOR_BYTES 512
#define WRITE_MS     10000

static int refuse(const char *path, const char *why, struct fault *fault)
{
	fault_set(fault, REASON_KEY_MISSING, "The key file %.200s %s",
		  strcmp(path, "-") == 0 ? "on standard input" : path, why);
	return fault_hint(fault, "Name the key file that cryptsetup uses for this partition");
}

/* Copy until the end, or until it is too much. */
static int copy(const char *path, int from, int to, struct interrupt *interrupt, ssize_t *ret_bytes,
		struct fault *fault)
{
	char bytes[4096];
	ssize_t got = 1;
	int result = 0;

	*ret_bytes = 0;
	while (result == 0 && got != 0 && *ret_bytes <= REQUEST_KEY_MAX_BYTES) {
		result = interrupt_await_input(interrupt, from, fault);
		if (result < 0)
			break;
		got = read(from, bytes, sizeof(bytes));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0 || write_all(to, bytes, (size_t)got, WRITE_MS) < 0)
			result = refuse(path, "cannot be read", fault);
		else
			*ret_bytes += got;
	}
	explicit_bzero(bytes, sizeof(bytes));
	return result;
}

int key_read(const char *path, struct interrupt *interrupt, struct key *ret_key,
	     struct fault *fault)
{
	const bool is_input = strcmp(path, "-") == 0;
	cleanup_fd int file = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				       : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	cleanup_fd int memory = memfd_create("grow-disk-key", MFD_CLOEXEC);
	ssize_t bytes;

	if (file < 0)
		return refuse(path, strerror(errno), fault);
	if (memory < 0)
		return fault_set_errno(fault, REASON_NO_MEMORY, errno, "No memory for the key");
	if (copy(path, file, memory, interrupt, &bytes, fault) < 0)
		return -1;
	if (bytes == 0)
		return refuse(path, "is empty", fault);
	if (bytes > REQUEST_KEY_MAX_BYTES)
		return refuse(path, "is larger than 8 MiB", fault);
	if (ftruncate(memory, (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES) < 0)
		return fault_set_errno(fault, REASON_NO_MEMORY, errno, "No memory for the key");
	*ret_key = (struct key){ .fd = reopen(memory, O_RDONLY), .bytes = (uint32_t)bytes };
	if (ret_key->fd < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "The key cannot be opened");
	return 0;
}
