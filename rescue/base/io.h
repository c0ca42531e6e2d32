/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors: whole writes with a deadline, lines with a bound, one
 * clock. Times are in milliseconds of CLOCK_MONOTONIC. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: in the guest, since its boot. */
int64_t clock_ms(void);

/* Microseconds of the same clock: where it matters what came first. */
int64_t clock_us(void);

/* Write all of it, waiting with poll(2) for at most timeout_ms in all.
 * The deadline holds for descriptors that are not blocking. 0, or -1 with errno (ETIMEDOUT). */
int write_all(int fd, const void *data, size_t size_bytes, int timeout_ms);

/* Open the same file once more, with another mode (O_RDONLY or O_WRONLY): QEMU takes a descriptor
 * only if it is open just as QEMU uses it. Closed on exec; -1 with errno. */
int reopen(int fd, int mode);

/* Collects bytes and hands out lines. Made by line_reader_open. */
struct line_reader {
	int fd;
	size_t max_bytes; /* longest line accepted, without its newline */
	char *buffer;	  /* owned; freed by line_reader_close */
	size_t used_bytes;
	size_t scanned_bytes;
	size_t taken_bytes; /* of the line handed out last */
	bool end_of_file;
};

/* Does not take over the descriptor; allocates the buffer, which
 * line_reader_close frees. 0, or -1 with errno. */
int line_reader_open(struct line_reader *reader, int fd, size_t max_bytes);
void line_reader_close(struct line_reader *reader);

/* Read once from the descriptor (call it when poll(2) says readable).
 * 1 got bytes or nothing for now (EAGAIN), 0 end of file, -1 with errno. */
int line_reader_fill(struct line_reader *reader);

/* The next whole line, its newline replaced by NUL; valid until the next call.
 * 1 a line, 0 none yet, -1 the line is longer than the bound (errno EMSGSIZE)
 * or holds a NUL byte (errno EILSEQ). */
int line_reader_next(struct line_reader *reader, char **ret_line, size_t *ret_size_bytes);

#endif
