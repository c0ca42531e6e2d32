/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/warm/warm_file.c and warm_key.c: not one bit of a saved machine changes
 * unseen, and each thing it depends on is in its key. */
#include "host/vm/warm/warm_file.h"
#include "host/vm/warm/warm_key.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BYTES (256 * 1024) /* of warm_file.c */

static const struct warm_text text = { .key = "what it depends on",
				       .hello = "{\"event\":\"hello\"}",
				       .qemu_version = "7.2.22" };

static int open_temporary(void)
{
	char path[] = "/tmp/grow-disk-unit.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

/* A stream of so many bytes, none of them zero: a file does for a pipe. */
static int open_stream(size_t size_bytes)
{
	unsigned char *bytes = malloc(size_bytes + 1);
	int fd = open_temporary();

	for (size_t i = 0; i < size_bytes; i++)
		bytes[i] = (unsigned char)(1 + i % 251);
	assert_int_equal(write(fd, bytes, size_bytes), size_bytes);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	free(bytes);
	return fd;
}

static int save(size_t size_bytes, struct warm_header *ret_header)
{
	int fd = open_temporary(), stream_fd = open_stream(size_bytes);
	struct fault fault;

	assert_int_equal(
		warm_file_write(fd, &text, stream_fd, 1000, UINT64_MAX, ret_header, &fault), 0);
	assert_int_equal(warm_file_seal(fd, ret_header, &fault), 0);
	close(stream_fd);
	return fd;
}

/* Whether the file is believed. */
static bool is_good(int fd, const char *key)
{
	struct warm_header header;
	char hello[WARM_HELLO_MAX_BYTES + 1];

	return warm_file_read(fd, key, &header, hello) && strcmp(hello, text.hello) == 0 &&
	       strcmp(header.qemu_version, text.qemu_version) == 0 && warm_file_verify(fd, &header);
}

static void what_was_saved_is_read(void **state)
{
	static const size_t sizes[] = {
		1, 31, 32, 33, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct warm_header header;
		int fd = save(sizes[i], &header);
		struct stat status;

		assert_int_equal(header.stream_bytes, sizes[i]);
		assert_int_equal(fstat(fd, &status), 0);
		assert_int_equal(status.st_size, header.stream_at + sizes[i]);
		assert_true(is_good(fd, text.key));
		assert_false(is_good(fd, "what it depends om"));
		assert_false(is_good(fd, "what it depends on, and more"));
		assert_false(is_good(fd, ""));
		close(fd);
	}
}

static void without_its_seal_it_is_nothing(void **state)
{
	int fd = open_temporary(), stream_fd = open_stream(100);
	struct warm_header header;
	struct fault fault;

	(void)state;
	assert_int_equal(warm_file_write(fd, &text, stream_fd, 1000, 1000, &header, &fault), 0);
	assert_false(is_good(fd, text.key));
	close(stream_fd);
	close(fd);
}

/* All that is not padding of the version's text. */
static void each_bit_counts(void **state)
{
	struct warm_header header;
	int fd = save(1000, &header);
	size_t end = header.stream_at + header.stream_bytes;

	(void)state;
	for (size_t at = 0; at < end; at++) {
		unsigned char byte, changed;

		if (at >= offsetof(struct warm_header, qemu_version) + strlen(text.qemu_version) +
				    1 &&
		    at < sizeof(header))
			continue;
		assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
		changed = byte ^ (unsigned char)(1 << at % 8);
		assert_int_equal(pwrite(fd, &changed, 1, (off_t)at), 1);
		if (is_good(fd, text.key))
			fail_msg("byte %zu may be another", at);
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	}
	assert_true(is_good(fd, text.key));
	close(fd);
}

static void each_length_counts(void **state)
{
	struct warm_header header;
	int fd = save(1000, &header);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)(header.stream_at + 1001)), 0);
	assert_false(is_good(fd, text.key));
	for (off_t size = (off_t)header.stream_at + 999; size >= 0; size--) {
		assert_int_equal(ftruncate(fd, size), 0);
		assert_false(is_good(fd, text.key));
	}
	close(fd);
}

/* Pieces that change places are damage too. */
static void the_order_counts(void **state)
{
	struct warm_header header;
	int fd = save(2 * CHUNK_BYTES, &header);
	unsigned char words[64], swapped[64];

	(void)state;
	assert_int_equal(pread(fd, words, 64, (off_t)header.stream_at), 64);
	memcpy(swapped, words + 32, 32);
	memcpy(swapped + 32, words, 32);
	assert_int_equal(pwrite(fd, swapped, 64, (off_t)header.stream_at), 64);
	assert_false(is_good(fd, text.key));
	close(fd);
}

static void a_stream_has_limits(void **state)
{
	int fd = open_temporary(), stream_fd = open_stream(1001), fds[2];
	struct warm_header header;
	struct fault fault;

	(void)state;
	assert_int_equal(warm_file_write(fd, &text, stream_fd, 1000, 1000, &header, &fault), -1);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(warm_file_write(fd, &text, fds[0], 50, 1000, &header, &fault), -1);
	close(fds[0]);
	close(fds[1]);
	close(stream_fd);
	close(fd);
}

/* -- keys -------------------------------------------------------------------- */

static struct machine_plan plan_of(const char *path)
{
	static const struct hardware hardware = { .cpus = 1 };

	return (struct machine_plan){ .qemu = path,
				      .kernel = path,
				      .initramfs = path,
				      .accel = ACCEL_TCG,
				      .memory_mib = 256,
				      .hardware = &hardware,
				      .sandbox = true,
				      .saved_fd = -1 };
}

static void differ(const struct machine_plan *one, const char *build_one,
		   const struct machine_plan *other, const char *build_other, bool wanted)
{
	char *key = warm_key(one, build_one), *other_key = warm_key(other, build_other);
	char name[WARM_NAME_BYTES], other_name[WARM_NAME_BYTES];

	assert_non_null(key);
	assert_non_null(other_key);
	warm_key_name(key, one->accel, name);
	warm_key_name(other_key, other->accel, other_name);
	assert_int_equal(strcmp(key, other_key) != 0, wanted);
	assert_int_equal(strcmp(name, other_name) != 0, wanted);
	free(key);
	free(other_key);
}

static void a_key_has_all_of_the_machine(void **state)
{
	const struct machine_plan plan = plan_of("/bin/sh");
	struct machine_plan other = plan;

	(void)state;
	other.saved_fd = 9;
	differ(&plan, "1", &other, "1", false);
	differ(&plan, "1", &plan, "2", true);
	other = plan;
	other.memory_mib = 257;
	differ(&plan, "1", &other, "1", true);
	other = plan;
	other.accel = ACCEL_KVM;
	differ(&plan, "1", &other, "1", true);
	other = plan;
	other.sandbox = false;
	differ(&plan, "1", &other, "1", true);
	other = plan;
	other.qemu = "/bin/ls";
	differ(&plan, "1", &other, "1", true);
	other = plan;
	other.kernel = "/bin/ls";
	differ(&plan, "1", &other, "1", true);
	other = plan;
	other.initramfs = "/bin/ls";
	differ(&plan, "1", &other, "1", true);
}

/* Touched is changed: also when its size and time are what they were. */
static void a_key_notices_a_changed_file(void **state)
{
	char path[] = "/tmp/grow-disk-unit.XXXXXX";
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	const struct timespec tick = { .tv_nsec = 20 * 1000 * 1000 }; /* of file times */
	int fd = mkstemp(path);
	struct machine_plan plan = plan_of("/bin/sh");
	char *before, *after;

	(void)state;
	plan.kernel = path;
	assert_int_equal(write(fd, "a", 1), 1);
	assert_int_equal(futimens(fd, times), 0);
	before = warm_key(&plan, "1");
	nanosleep(&tick, NULL);
	assert_int_equal(pwrite(fd, "b", 1, 0), 1);
	assert_int_equal(futimens(fd, times), 0);
	after = warm_key(&plan, "1");
	assert_string_not_equal(before, after);
	unlink(path);
	close(fd);
	free(before);
	free(after);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_was_saved_is_read),
	cmocka_unit_test(without_its_seal_it_is_nothing),
	cmocka_unit_test(each_bit_counts),
	cmocka_unit_test(each_length_counts),
	cmocka_unit_test(the_order_counts),
	cmocka_unit_test(a_stream_has_limits),
	cmocka_unit_test(a_key_has_all_of_the_machine),
	cmocka_unit_test(a_key_notices_a_changed_file),
};
UNIT_MAIN(tests)
