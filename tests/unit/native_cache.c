/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/native/cache*.c over nbd*.c, with a small service in a child, which answers in any order:
 * whatever is read, written and wished for, it is what a plain array would have. */
#include "native/cache.h"
#include "unit.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* More pages than places, and half a page at the end. */
#define DISK_BYTES ((CACHE_PAGES * 3 + 1) * CACHE_PAGE_BYTES - CACHE_PAGE_BYTES / 2)
#define PIECE_MAX  (CACHE_PAGE_BYTES * 40)
#define STEPS	   20000

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

/* Those that have come and are not answered yet; as many as QEMU works on. */
static struct request {
	uint8_t cookie[8];
	uint64_t at;
	uint32_t length;
	uint8_t type; /* read (0), write (1), write zeroes (6) */
	uint8_t *bytes;
} waiting[16];
static int waiting_count;

/* A read of this byte fails, and a write of the byte before it. */
static uint64_t bad_byte = UINT64_MAX;

static void take_request(int fd)
{
	struct request *request = &waiting[waiting_count++];
	uint8_t bytes[28];

	move(fd, bytes, sizeof(bytes), false);
	memcpy(request->cookie, bytes + 8, 8);
	memcpy(&request->at, bytes + 16, sizeof(request->at));
	memcpy(&request->length, bytes + 24, sizeof(request->length));
	request->at = be64toh(request->at);
	request->length = be32toh(request->length);
	request->type = bytes[7];
	request->bytes = calloc(1, request->length);
	if (request->type == 1)
		move(fd, request->bytes, request->length, false);
}

/* One of them takes effect only now: what is under way at the same time, and touches the same
 * bytes, comes out wrong. */
static void answer(int fd)
{
	int at = rand() % waiting_count;
	struct request request = waiting[at];
	uint8_t reply[16] = { 0x67, 0x44, 0x66, 0x98 };
	uint64_t bad = request.type == 0 ? bad_byte : bad_byte - 1;
	bool fails = request.at <= bad && bad < request.at + request.length;

	waiting[at] = waiting[--waiting_count];
	if (fails)
		reply[7] = request.type == 0 ? EIO : ENOSPC;
	else if (request.type != 0)
		memcpy(model + request.at, request.bytes, request.length);
	memcpy(reply + 8, request.cookie, 8);
	move(fd, reply, sizeof(reply), true);
	if (request.type == 0 && !fails)
		move(fd, model + request.at, request.length, true);
	free(request.bytes);
}

static _Noreturn void serve(int fd)
{
	for (;;) {
		struct pollfd slot = { .fd = fd, .events = POLLIN };

		while (waiting_count < 16 && poll(&slot, 1, waiting_count ? 0 : -1) > 0)
			take_request(fd);
		answer(fd);
	}
}

static pid_t start(struct nbd *nbd, struct cache *cache)
{
	int pair[2];
	pid_t child;

	srand(17);
	for (size_t i = 0; i < DISK_BYTES; i++)
		model[i] = (uint8_t)(i * i >> 7);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	child = fork();
	if (child == 0) {
		close(pair[0]);
		serve(pair[1]);
	}
	close(pair[1]);
	*nbd = (struct nbd){ .fd = pair[0], .size_bytes = DISK_BYTES, .flags = 1 | 4 | 64 };
	cache_open(cache, nbd);
	assert_non_null(cache->bytes);
	return child;
}

static void end(struct nbd *nbd, pid_t child)
{
	close(nbd->fd);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Near each other, so that the same pages come again; now and then one after the other. */
static uint64_t next_at(void)
{
	static uint64_t at;

	if (rand() % 3)
		at += (uint64_t)rand() % 8192;
	else
		at = (uint64_t)(rand() % 8) * DISK_BYTES / 8 + (uint64_t)rand() % (DISK_BYTES / 64);
	return at < DISK_BYTES ? at : (at = DISK_BYTES - 1);
}

static void step(struct cache *cache)
{
	static uint8_t bytes[PIECE_MAX];
	uint64_t at = next_at();
	size_t size_bytes = (size_t)rand() % (rand() % 8 ? 5000 : PIECE_MAX) + 1;

	if (size_bytes > DISK_BYTES - at)
		size_bytes = DISK_BYTES - at;
	switch (rand() % 8) {
	case 0:
	case 1:
		memset(bytes, rand(), size_bytes);
		assert_int_equal(cache_write(cache, at, bytes, size_bytes), 0);
		memcpy(model + at, bytes, size_bytes);
		break;
	case 2:
		cache_wish(cache, at, size_bytes * (unsigned)(1 + rand() % 64));
		break;
	case 3:
		if (rand() % 8)
			break;
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
	struct nbd nbd;
	struct cache cache;
	uint8_t bytes[100];
	pid_t child = start(&nbd, &cache);

	(void)state;
	for (int i = 0; i < STEPS; i++)
		step(&cache);
	/* To the very end, where the last page is not whole. */
	assert_int_equal(cache_read(&cache, DISK_BYTES - 100, bytes, 100), 0);
	assert_memory_equal(bytes, model + DISK_BYTES - 100, 100);
	assert_int_equal(cache_settle(&cache), 0);
	assert_int_equal(nbd.flights_count, 0);
	end(&nbd, child);
}

/* What is wished for is under way as soon as anything is read; what is read one after the other is
 * asked for ahead, when it has come some way; and with a cluster of inodes comes its neighbour. */
static void asks_ahead(void **state)
{
	struct nbd nbd;
	struct cache cache;
	uint8_t bytes[4 * CACHE_PAGE_BYTES];
	const uint64_t wished = 500 * CACHE_PAGE_BYTES, cluster = 700 * CACHE_PAGE_BYTES;
	pid_t child = start(&nbd, &cache);

	(void)state;
	cache_wish(&cache, wished, CACHE_PAGE_BYTES);
	assert_int_equal(cache_read(&cache, 0, bytes, CACHE_PAGE_BYTES), 0);
	assert_int_equal(cache.numbers[501], 501);
	assert_int_equal(cache.numbers[2], 0);
	for (uint64_t page = 0; page < 9; page++)
		assert_int_equal(
			cache_read(&cache, page * CACHE_PAGE_BYTES, bytes, CACHE_PAGE_BYTES), 0);
	assert_int_equal(cache.numbers[10], 0);
	assert_int_equal(cache_read(&cache, 9 * CACHE_PAGE_BYTES, bytes, CACHE_PAGE_BYTES), 0);
	assert_int_equal(cache.numbers[11], 11);
	assert_int_equal(cache_read(&cache, cluster, bytes, sizeof(bytes)), 0);
	assert_int_equal(cache.numbers[708], 708);
	assert_int_equal(cache.numbers[709], 0);
	assert_int_equal(cache_settle(&cache), 0);
	end(&nbd, child);
}

/* Of what is only asked for ahead, no error is told; nor of a sector beside what is read. What is
 * written is not lost without a word. */
static void errors_are_told_in_time(void **state)
{
	struct nbd nbd;
	struct cache cache;
	uint8_t bytes[512];
	pid_t child;

	(void)state;
	bad_byte = 500 * CACHE_PAGE_BYTES;
	child = start(&nbd, &cache);
	cache_wish(&cache, bad_byte, 1);
	assert_int_equal(cache_read(&cache, 0, bytes, sizeof(bytes)), 0);
	assert_int_equal(cache_settle(&cache), 0);
	assert_int_equal(cache_read(&cache, bad_byte, bytes, sizeof(bytes)), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(cache_read(&cache, bad_byte + 1, bytes, sizeof(bytes)), 0);
	assert_memory_equal(bytes, model + bad_byte + 1, sizeof(bytes));
	assert_int_equal(cache_read(&cache, bad_byte - 512, bytes, sizeof(bytes)), 0);
	assert_int_equal(cache_read(&cache, 0, bytes, sizeof(bytes)), 0);
	assert_int_equal(cache_write(&cache, bad_byte - 1, bytes, 1), 0);
	assert_int_equal(cache_flush(&cache), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(cache_settle(&cache), -1);
	end(&nbd, child);
	bad_byte = UINT64_MAX;
}

/* A service that ends: that is told once and again, and nobody waits. */
static void the_end_of_the_service_is_told(void **state)
{
	struct nbd nbd;
	struct cache cache;
	uint8_t bytes[512];
	pid_t child = start(&nbd, &cache);

	(void)state;
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	for (uint64_t page = 0; page < 3; page++)
		assert_int_equal(cache_read(&cache, page * CACHE_PAGES * CACHE_PAGE_BYTES, bytes,
					    sizeof(bytes)),
				 -1);
	assert_int_equal(cache_write(&cache, 0, bytes, 1), -1);
	assert_int_equal(cache_settle(&cache), -1);
	assert_int_equal(errno, EPIPE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(is_what_an_array_would_be),
	cmocka_unit_test(asks_ahead),
	cmocka_unit_test(errors_are_told_in_time),
	cmocka_unit_test(the_end_of_the_service_is_told),
};
UNIT_MAIN(tests)
