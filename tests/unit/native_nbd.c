/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/native/nbd.c against a service that is only bytes in a socket: what a good one says,
 * and what a bad one may say. (Whole runs have the real one.) */
#include "native/nbd_answer.h"
#include "unit.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct service {
	struct nbd nbd;
	int theirs;
};

static void put16(uint8_t **at, uint16_t value)
{
	value = htobe16(value);
	memcpy(*at, &value, sizeof(value));
	*at += sizeof(value);
}

static void put32(uint8_t **at, uint32_t value)
{
	value = htobe32(value);
	memcpy(*at, &value, sizeof(value));
	*at += sizeof(value);
}

static void put64(uint8_t **at, uint64_t value)
{
	value = htobe64(value);
	memcpy(*at, &value, sizeof(value));
	*at += sizeof(value);
}

/* What the service says up to the transmission phase; how many bytes. The numbers are those of
 * the protocol's own text. */
static size_t greeting(uint8_t *bytes, uint64_t size_bytes, uint16_t flags)
{
	uint8_t *at = bytes;

	memcpy(at, "NBDMAGICIHAVEOPT", 16);
	at += 16;
	put16(&at, 3);
	put64(&at, UINT64_C(0x3e889045565a9)); /* a reply to an option */
	put32(&at, 7);
	put32(&at, 3);
	put32(&at, 12);
	put16(&at, 0);
	put64(&at, size_bytes);
	put16(&at, flags);
	put64(&at, UINT64_C(0x3e889045565a9));
	put32(&at, 7);
	put32(&at, 1);
	put32(&at, 0);
	return (size_t)(at - bytes);
}

#define FLAGS_WRITABLE (1 | 4 | 64) /* has flags, can flush, can write zeroes */
#define DISK_BYTES     1048576

static void begin(struct service *service)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	*service = (struct service){ .nbd = { .fd = pair[0] }, .theirs = pair[1] };
}

static void end(struct service *service, int ours)
{
	close(ours);
	if (service->theirs >= 0)
		close(service->theirs);
}

static void say(const struct service *service, const void *bytes, size_t size_bytes)
{
	assert_int_equal(write(service->theirs, bytes, size_bytes), size_bytes);
}

static void hear(const struct service *service, void *bytes, size_t size_bytes)
{
	assert_int_equal(recv(service->theirs, bytes, size_bytes, MSG_WAITALL), size_bytes);
}

/* A connection that is ready. Its descriptor, for end(). */
static int connect_to(struct service *service)
{
	uint8_t bytes[256];
	int ours;

	begin(service);
	ours = service->nbd.fd;
	say(service, bytes, greeting(bytes, DISK_BYTES, FLAGS_WRITABLE));
	assert_int_equal(nbd_negotiate(&service->nbd, ours, "disk"), 0);
	hear(service, bytes, 4 + 16 + 4 + 4 + 2);
	assert_memory_equal(bytes + 4, "IHAVEOPT\0\0\0\7\0\0\0\12\0\0\0\4disk\0\0", 26);
	return ours;
}

static void reply(const struct service *service, uint32_t error, uint64_t cookie, const void *data,
		  size_t data_bytes)
{
	uint8_t bytes[1024], *at = bytes;

	put32(&at, 0x67446698);
	put32(&at, error);
	memcpy(at, &cookie, sizeof(cookie));
	at += sizeof(cookie);
	if (data_bytes > 0)
		memcpy(at, data, data_bytes);
	say(service, bytes, (size_t)(at - bytes) + data_bytes);
}

static void learns_the_size(void **state)
{
	struct service service;
	int ours = connect_to(&service);

	(void)state;
	assert_int_equal(service.nbd.size_bytes, DISK_BYTES);
	assert_false(nbd_is_read_only(&service.nbd));
	end(&service, ours);
}

static void reads(void **state)
{
	struct service service;
	uint8_t request[28], bytes[4] = { 0 };
	int ours = connect_to(&service);

	(void)state;
	reply(&service, 0, nbd_next_cookie(&service.nbd, 4), "data", 4);
	assert_int_equal(nbd_read(&service.nbd, 0x1234, bytes, 4), 0);
	assert_memory_equal(bytes, "data", 4);
	hear(&service, request, sizeof(request));
	assert_memory_equal(request, "\x25\x60\x95\x13\0\0\0\0", 8);
	assert_memory_equal(request + 16, "\0\0\0\0\0\0\x12\x34\0\0\0\4", 12);
	end(&service, ours);
}

static void writes_and_flushes(void **state)
{
	struct service service;
	uint8_t request[28 + 4];
	int ours = connect_to(&service);

	(void)state;
	reply(&service, 0, nbd_next_cookie(&service.nbd, 0), NULL, 0);
	assert_int_equal(nbd_write(&service.nbd, 512, "data", 4), 0);
	hear(&service, request, sizeof(request));
	assert_memory_equal(request + 4, "\0\0\0\1", 4);
	assert_memory_equal(request + 28, "data", 4);
	reply(&service, 0, nbd_next_cookie(&service.nbd, 0), NULL, 0);
	assert_int_equal(nbd_flush(&service.nbd), 0);
	hear(&service, request, 28);
	assert_memory_equal(request + 4, "\0\0\0\3", 4);
	end(&service, ours);
}

/* An error of the service leaves the connection in order. */
static void an_error_is_told(void **state)
{
	struct service service;
	uint8_t bytes[4];
	int ours = connect_to(&service);

	(void)state;
	reply(&service, ENOSPC, nbd_next_cookie(&service.nbd, 0), NULL, 0);
	assert_int_equal(nbd_write(&service.nbd, 0, "data", 4), -1);
	assert_int_equal(errno, ENOSPC);
	reply(&service, 12345, nbd_next_cookie(&service.nbd, 4), NULL, 0);
	assert_int_equal(nbd_read(&service.nbd, 0, bytes, 4), -1);
	assert_int_equal(errno, EIO);
	reply(&service, 0, nbd_next_cookie(&service.nbd, 4), "more", 4);
	assert_int_equal(nbd_read(&service.nbd, 0, bytes, 4), 0);
	end(&service, ours);
}

/* Of a service that answers something else, no answer counts any more. */
static void assert_given_up(struct service *service, int error)
{
	uint8_t bytes[4];

	assert_int_equal(nbd_read(&service->nbd, 0, bytes, 4), -1);
	assert_int_equal(errno, error);
	assert_int_equal(nbd_read(&service->nbd, 0, bytes, 4), -1);
	assert_int_equal(errno, EPIPE);
}

static void another_answer_is_refused(void **state)
{
	struct service service;
	int ours = connect_to(&service);

	(void)state;
	reply(&service, 0, nbd_next_cookie(&service.nbd, 5), "data", 4);
	assert_given_up(&service, EPROTO);
	end(&service, ours);
	ours = connect_to(&service);
	reply(&service, 0, UINT64_MAX, "data", 4); /* nor of any other process */
	assert_given_up(&service, EPROTO);
	end(&service, ours);
	ours = connect_to(&service);
	say(&service, "0123456789abcdefdata", 20);
	assert_given_up(&service, EPROTO);
	end(&service, ours);
}

/* A process that had the connection before has asked for it, and was killed. */
static void what_another_user_asked_for_is_passed_over(void **state)
{
	struct service service;
	struct nbd dead;
	uint8_t bytes[4];
	int ours = connect_to(&service);

	(void)state;
	dead = service.nbd;
	service.nbd.user = 2;
	reply(&service, 0, nbd_next_cookie(&dead, 8), "longdead", 8);
	reply(&service, ENOSPC, nbd_next_cookie(&dead, 8), NULL, 0);
	reply(&service, 0, nbd_next_cookie(&service.nbd, 4), "data", 4);
	assert_int_equal(nbd_read(&service.nbd, 0, bytes, 4), 0);
	assert_memory_equal(bytes, "data", 4);
	end(&service, ours);
}

static void a_service_that_has_ended_is_told(void **state)
{
	struct service service;
	int ours = connect_to(&service);

	(void)state;
	say(&service, "\x67\x44\x66\x98", 4); /* the beginning of an answer */
	close(service.theirs);
	service.theirs = -1;
	assert_given_up(&service, EPIPE);
	end(&service, ours);
}

/* With one byte of what is said changed, or cut there. */
static int negotiate_with(size_t at, uint8_t change, bool cut)
{
	struct service service;
	uint8_t bytes[256];
	size_t size_bytes = greeting(bytes, DISK_BYTES, FLAGS_WRITABLE);
	int ours, result, number;

	begin(&service);
	ours = service.nbd.fd;
	bytes[at] ^= change;
	say(&service, bytes, cut ? at : size_bytes);
	shutdown(service.theirs, SHUT_WR);
	result = nbd_negotiate(&service.nbd, ours, "disk");
	number = errno;
	end(&service, ours);
	return result == 0 ? 0 : number;
}

static void a_bad_greeting_is_refused(void **state)
{
	uint8_t bytes[256];
	size_t size_bytes = greeting(bytes, DISK_BYTES, FLAGS_WRITABLE);

	(void)state;
	assert_int_equal(negotiate_with(0, 0, false), 0);
	for (size_t at = 0; at < size_bytes; at++)
		assert_int_equal(negotiate_with(at, 0, true), EPIPE);
	for (size_t at = 0; at < 16; at++)
		assert_int_equal(negotiate_with(at, 0x80, false), EPROTO);
	for (size_t at = 18; at < 18 + 12; at++) /* magic and option of the first reply */
		assert_int_equal(negotiate_with(at, 0x80, false), EPROTO);
	assert_int_equal(negotiate_with(18 + 12, 0x80, false), ENOENT); /* an error */
	assert_int_equal(negotiate_with(18 + 16, 0x80, false), EPROTO); /* 2 GiB of reply */
	assert_int_equal(negotiate_with(18 + 22, 0x80, false), EPROTO); /* 8 EiB of disk */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(learns_the_size),
	cmocka_unit_test(reads),
	cmocka_unit_test(writes_and_flushes),
	cmocka_unit_test(an_error_is_told),
	cmocka_unit_test(another_answer_is_refused),
	cmocka_unit_test(what_another_user_asked_for_is_passed_over),
	cmocka_unit_test(a_service_that_has_ended_is_told),
	cmocka_unit_test(a_bad_greeting_is_refused),
};
UNIT_MAIN(tests)
