/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/native/cache.c over nbd.c, with a small service in a child: whatever is read and written
 * in whatever order, it is what a plain array would have. */
#include "native/cache.h"
#include "unit.h"

#include <endian.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* More chunks than places, and half a chunk at the end. */
#define DISK_BYTES ((CACHE_CHUNKS * 2 + 1) * CACHE_CHUNK_BYTES - CACHE_CHUNK_BYTES / 2)
#define PIECE_MAX  (CACHE_CHUNK_BYTES + CACHE_CHUNK_BYTES / 4)
#define STEPS	   4000

static uint8_t model[DISK_BYTES];

static void move(int fd, void *bytes, size_t size_bytes, bool out)
{
	for (size_t done = 0; done < size_bytes;) {
		ssize_t moved =
			out ? send(fd, (char *)bytes + done, size_bytes - done, MSG_NOSIGNAL)
			    : recv(fd, (char *)bytes + done, size_bytes - done, 0);

		if (moved <= 0)
			_exit(0);
		done += (size_t)moved;
	}
}

/* Read (0), write (1) and write zeroes (6). */
static _Noreturn void serve(int fd)
{
	for (;;) {
		uint8_t request[28], reply[16] = { 0x67, 0x44, 0x66, 0x98 };
		uint64_t at;
		uint32_t length;

		move(fd, request, sizeof(request), false);
		memcpy(&at, request + 16, sizeof(at));
		memcpy(&length, request + 24, sizeof(length));
		at = be64toh(at);
		length = be32toh(length);
		memcpy(reply + 8, request + 8, 8);
		if (request[7] == 1)
			move(fd, model + at, length, false);
		else if (request[7] == 6)
			memset(model + at, 0, length);
		move(fd, reply, sizeof(reply), true);
		if (request[7] == 0)
			move(fd, model + at, length, true);
	}
}

static void step(struct cache *cache)
{
	static uint8_t bytes[PIECE_MAX];
	/* Near each other, so that the same chunks come again. */
	uint64_t at =
		(uint64_t)(rand() % 8) * DISK_BYTES / 8 + (uint64_t)rand() % (DISK_BYTES / 64);
	size_t size_bytes = (size_t)rand() % (rand() % 4 ? 4096 : PIECE_MAX) + 1;

	if (size_bytes > DISK_BYTES - at)
		size_bytes = DISK_BYTES - at;
	switch (rand() % 5) {
	case 0:
		memset(bytes, rand(), size_bytes);
		assert_int_equal(cache_write(cache, at, bytes, size_bytes), 0);
		memcpy(model + at, bytes, size_bytes);
		break;
	case 1:
		assert_int_equal(cache_zero(cache, at, size_bytes, true), 0);
		memset(model + at, 0, size_bytes);
		break;
	default:
		assert_int_equal(cache_read(cache, at, bytes, size_bytes), 0);
		assert_memory_equal(bytes, model + at, size_bytes);
	}
}

static void is_what_an_array_would_be(void **state)
{
	struct nbd nbd = { .size_bytes = DISK_BYTES, .flags = 1 | 4 | 64 };
	struct cache cache;
	int pair[2];
	pid_t child;

	(void)state;
	srand(17);
	for (size_t i = 0; i < DISK_BYTES; i++)
		model[i] = (uint8_t)rand();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	child = fork();
	if (child == 0) {
		close(pair[0]);
		serve(pair[1]);
	}
	close(pair[1]);
	nbd.fd = pair[0];
	cache_open(&cache, &nbd);
	assert_non_null(cache.chunks);
	for (int i = 0; i < STEPS; i++)
		step(&cache);
	/* To the very end, where the last chunk is not whole. */
	assert_int_equal(cache_read(&cache, DISK_BYTES - 100, model, 100), 0);
	assert_memory_equal(model, model + DISK_BYTES - 100, 100);
	close(pair[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(is_what_an_array_would_be),
};
UNIT_MAIN(tests)
