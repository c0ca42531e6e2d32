/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (libnettle) as hexadecimal digits. */
#ifndef LOG_CHECKSUM_H
#define LOG_CHECKSUM_H

#include "base/fault.h"
#include "host/interrupt.h"

#include <nettle/sha2.h>
#include <stddef.h>

#define CHECKSUM_CHARS 64

/* Of what comes piece by piece. */
struct checksum {
	struct sha256_ctx state;
};
void checksum_begin(struct checksum *checksum);
void checksum_add(struct checksum *checksum, const void *bytes, size_t size_bytes);
void checksum_end(struct checksum *checksum, char ret_sum[CHECKSUM_CHARS + 1]);

void checksum_of(const void *bytes, size_t size_bytes, char ret_sum[CHECKSUM_CHARS + 1]);

/* Of a whole open file. interrupt NULL: a signal does not end it. Faults: disk-io,
 * interrupted. */
int checksum_of_file(int fd, const char *name, struct interrupt *interrupt,
		     char ret_sum[CHECKSUM_CHARS + 1], struct fault *fault);

#endif
