/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/log/closing.c: the signatures of a device go first and come last. What is on a disk
 * is found by tests/host/grow-device.t, through the block service. */
#include "base/cleanup.h"
#include "host/log/closing.h"
#include "unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DISK_BYTES    64
#define FILE_BYTES    4096
#define SUPERBLOCK_AT 2048

static const struct closing closing = {
	.count = 2,
	.marks = { { .at = 10, .size_bytes = 2, .bytes = "\x55\xaa", .before = true },
		   { .at = 32, .size_bytes = 8, .bytes = "EFI PART" } }
};

static bool is_of_mark(size_t at)
{
	return (at >= 10 && at < 12) || (at >= 32 && at < 40);
}

/* Whatever piece of the disk is written: the signatures in it are zero, and nothing else is. */
static void each_piece_is_masked(void **state)
{
	(void)state;
	for (size_t at = 0; at < DISK_BYTES; at++)
		for (size_t size_bytes = 1; at + size_bytes <= DISK_BYTES; size_bytes++) {
			uint8_t bytes[DISK_BYTES];

			memset(bytes, 'x', sizeof(bytes));
			closing_mask(&closing, at, bytes, size_bytes);
			for (size_t n = 0; n < DISK_BYTES; n++)
				assert_int_equal(bytes[n],
						 n < size_bytes && is_of_mark(at + n) ? 0 : 'x');
		}
}

static void it_is_closed_and_opened(void **state)
{
	cleanup_fd int fd = memfd_create("disk", MFD_CLOEXEC);
	struct closing of_disk = closing;
	uint8_t whole[FILE_BYTES], bytes[DISK_BYTES];

	(void)state;
	memset(whole, 'x', sizeof(whole));
	assert_int_equal(write(fd, whole, sizeof(whole)), sizeof(whole));
	for (int half = 0; half < 2; half++)
		checksum_of(whole, 512, of_disk.superblock_sum[half][half]);
	assert_false(closing_is_closed(&of_disk, SUPERBLOCK_AT, fd));
	assert_int_equal(closing_close(&of_disk, fd), 0);
	assert_true(closing_is_closed(&of_disk, SUPERBLOCK_AT, fd));
	/* Of another disk, which has no signatures either. */
	assert_false(closing_is_closed(&of_disk, FILE_BYTES - 512, fd));
	memcpy(of_disk.superblock_sum[1][1], of_disk.content_sum[0], CHECKSUM_CHARS + 1);
	assert_false(closing_is_closed(&of_disk, SUPERBLOCK_AT, fd));
	checksum_of(whole, 512, of_disk.superblock_sum[1][1]);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	for (size_t n = 0; n < DISK_BYTES; n++)
		assert_int_equal(bytes[n], is_of_mark(n) ? 0 : 'x');
	/* Before the grow it had only the first one. */
	assert_int_equal(closing_open(&closing, fd, true), 0);
	assert_false(closing_is_closed(&of_disk, SUPERBLOCK_AT, fd));
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_memory_equal(bytes + 10, "\x55\xaa", 2);
	assert_int_equal(bytes[32], 0);
	assert_int_equal(closing_open(&closing, fd, false), 0);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_memory_equal(bytes + 10, "\x55\xaa", 2);
	assert_memory_equal(bytes + 32, "EFI PART", 8);
	assert_int_equal(bytes[9], 'x');
	assert_int_equal(bytes[40], 'x');
	close_fdp(&fd);
	assert_int_equal(closing_close(&closing, -1), -1);
	assert_false(closing_is_closed(&of_disk, SUPERBLOCK_AT, -1));
	assert_false(closing_is_closed(&(struct closing){ 0 }, SUPERBLOCK_AT, -1));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_piece_is_masked),
	cmocka_unit_test(it_is_closed_and_opened),
};

UNIT_MAIN(tests)
