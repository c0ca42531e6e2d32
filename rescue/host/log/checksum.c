/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checksum.h"

#include "base/cleanup.h"

#include <stdint.h>

#define PIECE_BYTES (1 << 20)

static void finish(struct sha256_ctx *state, char ret_sum[CHECKSUM_CHARS + 1])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(state, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret_sum + 2 * i, 3, "%02x", digest[i]);
}

void checksum_begin(struct checksum *checksum)
{
	sha256_init(&checksum->state);
}

void checksum_add(struct checksum *checksum, const void *bytes, size_t size_bytes)
{
	sha256_update(&checksum->state, size_bytes, bytes);
}

void checksum_end(struct checksum *checksum, char ret_sum[CHECKSUM_CHARS + 1])
{
	finish(&checksum->state, ret_sum);
}

void checksum_of(const void *bytes, size_t size_bytes, char ret_sum[CHECKSUM_CHARS + 1])
{
	struct sha256_ctx state;

	sha256_init(&state);
	sha256_update(&state, size_bytes, bytes);
	finish(&state, ret_sum);
}

int checksum_of_file(int fd, const char *name, struct interrupt *interrupt,
		     char ret_sum[CHECKSUM_CHARS + 1], struct fault *fault)
{
	cleanup_free uint8_t *piece = malloc(PIECE_BYTES);
	struct sha256_ctx state;
	ssize_t got;
	off_t at = 0;

	if (!piece)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	sha256_init(&state);
	while ((got = pread(fd, piece, PIECE_BYTES, at)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fault_set_errno(fault, REASON_DISK_IO, errno,
					"%.300s cannot be read to compute its checksum", name);
			return fault_hint(fault, "Check the disk that holds it");
		}
		if (interrupt && interrupt_check(interrupt, fault) < 0)
			return -1;
		sha256_update(&state, (size_t)got, piece);
		at += got;
	}
	finish(&state, ret_sum);
	return 0;
}
