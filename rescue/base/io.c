/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_ms(void)
{
	return clock_us() / 1000;
}

int write_all(int fd, const void *data, size_t size_bytes, int timeout_ms)
{
	const char *rest = data;
	int64_t deadline_ms = clock_ms() + timeout_ms;

	while (size_bytes > 0) {
		struct pollfd ready = { .fd = fd, .events = POLLOUT };
		int64_t left_ms = deadline_ms - clock_ms();
		ssize_t written;

		if (left_ms < 0 || poll(&ready, 1, (int)left_ms) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		written = write(fd, rest, size_bytes);
		if (written < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return -1;
		}
		rest += written;
		size_bytes -= (size_t)written;
	}
	return 0;
}

int line_reader_open(struct line_reader *reader, int fd, size_t max_bytes)
{
	*reader = (struct line_reader){ .fd = fd, .max_bytes = max_bytes };
	reader->buffer = malloc(max_bytes + 1);
	return reader->buffer ? 0 : -1;
}

void line_reader_close(struct line_reader *reader)
{
	free(reader->buffer);
	reader->buffer = NULL;
}

/* Drop the line that was handed out last. */
static void forget_taken(struct line_reader *reader)
{
	if (reader->taken_bytes == 0)
		return;
	reader->used_bytes -= reader->taken_bytes;
	memmove(reader->buffer, reader->buffer + reader->taken_bytes, reader->used_bytes);
	reader->taken_bytes = 0;
	reader->scanned_bytes = 0;
}

int line_reader_fill(struct line_reader *reader)
{
	ssize_t got;

	forget_taken(reader);
	if (reader->used_bytes > reader->max_bytes)
		return 1; /* full: line_reader_next tells */
	got = read(reader->fd, reader->buffer + reader->used_bytes,
		   reader->max_bytes + 1 - reader->used_bytes);
	if (got < 0)
		return (errno == EAGAIN || errno == EINTR) ? 1 : -1;
	if (got == 0) {
		reader->end_of_file = true;
		return 0;
	}
	reader->used_bytes += (size_t)got;
	return 1;
}

int line_reader_next(struct line_reader *reader, char **ret_line, size_t *ret_size_bytes)
{
	char *newline;
	size_t size_bytes;

	forget_taken(reader);
	newline = memchr(reader->buffer + reader->scanned_bytes, '\n',
			 reader->used_bytes - reader->scanned_bytes);
	if (!newline) {
		reader->scanned_bytes = reader->used_bytes;
		if (reader->used_bytes <= reader->max_bytes)
			return 0;
		errno = EMSGSIZE;
		return -1;
	}
	size_bytes = (size_t)(newline - reader->buffer);
	reader->taken_bytes = size_bytes + 1;
	if (memchr(reader->buffer, '\0', size_bytes)) {
		errno = EILSEQ;
		return -1;
	}
	*newline = '\0';
	*ret_line = reader->buffer;
	*ret_size_bytes = size_bytes;
	return 1;
}

int reopen(int fd, int mode)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, mode | O_CLOEXEC);
}
