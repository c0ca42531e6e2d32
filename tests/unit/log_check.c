/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/log/log.c: is the log what we made? A log that cannot be read is a fault of the
 * host's disk; one with other bytes is a breach by whoever had it in hand. */
#include "base/cleanup.h"
#include "host/log/log.h"
#include "unit.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BACKING_AT 512
#define BACKING	   "./disk.img"

/* The fields of a qcow2 header that are looked at, in its order. */
struct __attribute__((packed)) header {
	char magic[4];
	uint32_t version_be;
	uint64_t backing_at_be;
	uint32_t backing_bytes_be, cluster_bits_be;
	uint64_t size_bytes_be;
	uint32_t crypt_method_be, l1_entries_be;
	uint64_t l1_at_be, refcount_at_be;
	uint32_t refcount_clusters_be, snapshots_be;
	uint64_t snapshots_at_be, incompatible_be, compatible_be, autoclear_be;
	uint32_t refcount_order_be, header_bytes_be;
};

static struct header good_header(void)
{
	return (struct header){
		.magic = { 'Q', 'F', 'I', (char)0xfb },
		.version_be = htobe32(3),
		.backing_at_be = htobe64(BACKING_AT),
		.backing_bytes_be = htobe32(strlen(BACKING)),
		.cluster_bits_be = htobe32(12),
		.size_bytes_be = htobe64(1 << 20),
		.header_bytes_be = htobe32(104),
	};
}

/* A log with that header and that name behind it; NULL: without a name. */
static struct log make_log(const struct header *header, const char *name)
{
	char path[] = "/tmp/grow-disk-unit.XXXXXX";
	struct log log = { .fd = mkstemp(path), .backing = BACKING, .path = "the.log" };

	assert_true(log.fd >= 0);
	unlink(path);
	assert_int_equal(pwrite(log.fd, header, sizeof(*header), 0), sizeof(*header));
	if (name)
		assert_int_equal(pwrite(log.fd, name, strlen(name), BACKING_AT), strlen(name));
	return log;
}

static const char *wrong_with(struct log log, bool any_name)
{
	struct qcow2_header header;
	struct fault fault;
	const char *wrong = "not asked";

	assert_int_equal(log_check(&log, any_name, &header, &wrong, &fault), 0);
	close(log.fd);
	return wrong;
}

static void it_is_ours(void **state)
{
	struct header header = good_header();
	struct log log = make_log(&header, BACKING);
	struct qcow2_header found;
	struct fault fault;
	const char *wrong;

	(void)state;
	assert_int_equal(log_check(&log, false, &found, &wrong, &fault), 0);
	assert_null(wrong);
	assert_int_equal(found.size_bytes, 1 << 20);
	close(log.fd);
}

static void other_bytes(void **state)
{
	static const char another[] = "it belongs to an image of another name";
	struct header header = good_header();

	(void)state;
	assert_string_equal(wrong_with(make_log(&header, "./disk.iso"), false), another);
	assert_null(wrong_with(make_log(&header, "./disk.iso"), true));
	assert_string_equal(wrong_with(make_log(&header, NULL), false), another);
	header.backing_bytes_be = htobe32(3);
	assert_string_equal(wrong_with(make_log(&header, BACKING), false), another);
	header = good_header();
	header.incompatible_be = htobe64(1 << 2);
	assert_string_equal(wrong_with(make_log(&header, BACKING), true),
			    "its qcow2 features are not those of a log");
	header = good_header();
	header.version_be = htobe32(2);
	assert_string_equal(wrong_with(make_log(&header, BACKING), true),
			    "it is not qcow2 of version 3");
	header.magic[0] = 'R';
	assert_string_equal(wrong_with(make_log(&header, BACKING), true),
			    "it is not qcow2 of version 3");
}

/* read(2) of a directory fails, as of a disk that does. */
static void not_to_be_read(void **state)
{
	struct log log = { .fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), .path = "the.log" };
	struct qcow2_header header;
	struct fault fault;
	const char *wrong;

	(void)state;
	assert_true(log.fd >= 0);
	assert_int_equal(log_check(&log, false, &header, &wrong, &fault), -1);
	assert_int_equal(fault.reason, REASON_DISK_IO);
	assert_non_null(strstr(fault.message, "the.log cannot be read"));
	close(log.fd);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_is_ours),
	cmocka_unit_test(other_bytes),
	cmocka_unit_test(not_to_be_read),
};
UNIT_MAIN(tests)
