/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One saved machine in a file: what it depends on (its key), what its guest had
 * said, and QEMU's own stream, with a checksum over all of it. */
#ifndef VM_WARM_WARM_FILE_H
#define VM_WARM_WARM_FILE_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WARM_HELLO_MAX_BYTES 4096
#define WARM_QEMU_BYTES	     32

/* At the beginning of the file, in the byte order of the host; written last. */
struct warm_header {
	char magic[16];
	uint64_t key_bytes;    /* right after this header */
	uint64_t hello_bytes;  /* right after the key */
	uint64_t stream_at;    /* from the beginning of the file */
	uint64_t stream_bytes; /* up to its end */
	uint64_t checksum;     /* of everything after this header */
	char qemu_version[WARM_QEMU_BYTES];
};

/* Read a file that should have been saved for this key. False if it was not, or
 * is not whole; the bytes of the stream are not looked at. */
bool warm_file_read(int fd, const char *key, struct warm_header *ret_header,
		    char ret_hello[WARM_HELLO_MAX_BYTES + 1]);

/* Compare the checksum: true if not one bit has changed. Leaves the file's offset alone. */
bool warm_file_verify(int fd, const struct warm_header *header);

/* The texts to write before the stream. */
struct warm_text {
	const char *key;
	const char *hello;
	const char *qemu_version;
};

/* Write all but the header, with the stream from stream_fd to its end, which must
 * come within the time and the size. -1 with the fault, also when a signal came. */
int warm_file_write(int fd, const struct warm_text *text, int stream_fd, int timeout_ms,
		    uint64_t max_bytes, struct warm_header *ret_header, struct fault *fault);

/* Make it valid. */
int warm_file_seal(int fd, const struct warm_header *header, struct fault *fault);

#endif
