/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/image/image.c, detect.c and truncated.c: what a file is, by its bytes and its
 * name. */
#include "base/cleanup.h"
#include "host/image/detect.h"
#include "host/image/truncated.h"
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES 65536

static struct image open_file(off_t size_bytes)
{
	char path[] = "/tmp/grow-disk-unit.XXXXXX";
	struct image image = { .fd = mkstemp(path) };

	assert_true(image.fd >= 0);
	unlink(path);
	assert_int_equal(ftruncate(image.fd, size_bytes), 0);
	strcpy(image.path, "/folder/disk");
	return image;
}

static void put(const struct image *image, off_t at, const char *bytes, size_t length)
{
	assert_int_equal(pwrite(image->fd, bytes, length, at), length);
}

static enum reason detect(struct image *image, enum image_format_wish wish)
{
	struct image_accepts accepts = { false };
	struct fault fault = { 0 };

	return image_detect(image, wish, accepts, &fault) == 0 ? REASON_NONE : fault.reason;
}

static void marks_of_other_formats(void **state)
{
	static const struct {
		off_t at;
		const char *bytes;
		size_t length;
		enum reason reason;
	} cases[] = {
		{ 0, "KDMV", 4, REASON_IMAGE_FORMAT },
		{ 0, "COWD", 4, REASON_IMAGE_FORMAT },
		{ 0, "# Disk DescriptorFile\n", 22, REASON_IMAGE_FORMAT },
		{ 0, "vhdxfile", 8, REASON_IMAGE_FORMAT },
		{ 0, "conectix", 8, REASON_IMAGE_FORMAT },
		{ FILE_BYTES - 512, "conectix", 8, REASON_IMAGE_FORMAT },
		{ FILE_BYTES - 512, "koly", 4, REASON_IMAGE_FORMAT },
		{ 0, "QED", 4, REASON_IMAGE_FORMAT },
		{ 0, "WithoutFreeSpace", 16, REASON_IMAGE_FORMAT },
		{ 0, "WithouFreSpacExt", 16, REASON_IMAGE_FORMAT },
		{ 64, "\x7f\x10\xda\xbe", 4, REASON_IMAGE_FORMAT },
		{ 0, "\x1f\x8b\x08", 3, REASON_IMAGE_FORMAT },
		{ 0, "\xfd\x37zXZ", 6, REASON_IMAGE_FORMAT },
		{ 0, "\x28\xb5\x2f\xfd", 4, REASON_IMAGE_FORMAT },
		{ 0, "PK\3\4", 4, REASON_IMAGE_FORMAT },
		{ 0, "\x04\x22\x4d\x18", 4, REASON_IMAGE_FORMAT },
		{ 0, "7z\xbc\xaf\x27\x1c", 6, REASON_IMAGE_FORMAT },
		{ 0, "BZh91AY&SY", 10, REASON_IMAGE_FORMAT },
		{ 0, "\x3a\xff\x26\xed", 4, REASON_IMAGE_FORMAT },
		{ 257, "ustar", 5, REASON_IMAGE_FORMAT },
		{ 32769, "CD001", 5, REASON_IMAGE_FORMAT },
		{ 0, "QFI\xfb\0\0\0\1", 8, REASON_IMAGE_FORMAT },
		{ 0, "QFI\xfb\0\0\0\4", 8, REASON_IMAGE_FORMAT },
		{ 0, "QFI\xfb\0\0\1\3", 8, REASON_IMAGE_FORMAT },
		{ 0, "QFI\xfb\0\0\0\3", 8, REASON_IMAGE_CORRUPT },
		{ 0, "QFI\xfb\0\0\0\2", 8, REASON_IMAGE_CORRUPT },
		{ 0, "QFI\xfa", 4, REASON_NONE },
		{ 1, "KDMV", 4, REASON_NONE },
		{ 256, "ustar", 5, REASON_NONE },
		{ 0, "LUKS\xba\xbe", 6, REASON_NONE }, /* a disk without a table */
		{ FILE_BYTES - 511, "koly", 4, REASON_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image image = open_file(FILE_BYTES);
		enum reason reason;

		put(&image, cases[i].at, cases[i].bytes, cases[i].length);
		reason = detect(&image, FORMAT_ANY);
		if (reason != cases[i].reason)
			fail_msg("%s: %s", cases[i].bytes, reason_word(reason));
		if (cases[i].bytes[0] != 'Q') /* what the user says counts */
			assert_int_equal(detect(&image, FORMAT_RAW), REASON_NONE);
		image_close(&image);
	}
}

/* Files that end within a mark. */
static void short_files_are_raw(void **state)
{
	static const char *const starts[] = { "K", "QF", "LUKS", "\x1f", "conect", "WithoutFree" };

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct image image = open_file(0);

		put(&image, 0, starts[i], strlen(starts[i]));
		assert_int_equal(detect(&image, FORMAT_ANY), REASON_NONE);
		assert_int_equal(image.format, IMAGE_RAW);
		assert_int_equal(image.size_bytes, 512);
		assert_int_equal(detect(&image, FORMAT_QCOW2), REASON_IMAGE_FORMAT);
		image_close(&image);
	}
}

static void a_raw_disk_has_whole_sectors(void **state)
{
	static const struct {
		off_t file;
		uint64_t disk;
	} cases[] = {
		{ 1, 512 }, { 511, 512 }, { 512, 512 }, { 513, 1024 }, { FILE_BYTES, FILE_BYTES }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image image = open_file(cases[i].file);

		assert_int_equal(detect(&image, FORMAT_ANY), REASON_NONE);
		assert_int_equal(image.size_bytes, cases[i].disk);
		image_close(&image);
	}
}

/* A raw disk whose guest wrote a qcow2 header over its boot code. */
static void what_can_be_both_is_asked(void **state)
{
	struct image image = open_file(FILE_BYTES);

	(void)state;
	put(&image, 0, "QFI\xfb\0\0\0\3", 8);
	put(&image, 510, "\x55\xaa", 2);
	assert_int_equal(detect(&image, FORMAT_ANY), REASON_IMAGE_FORMAT);
	assert_int_equal(detect(&image, FORMAT_RAW), REASON_NONE);
	assert_int_equal(image.format, IMAGE_RAW);
	assert_int_equal(detect(&image, FORMAT_QCOW2), REASON_IMAGE_CORRUPT);
	image_close(&image);
}

static void put_partition(uint8_t sector[512], unsigned type, uint32_t start, uint32_t size)
{
	memset(sector, 0, 512);
	sector[446 + 4] = (uint8_t)type;
	for (int i = 0; i < 4; i++) {
		sector[446 + 8 + i] = (uint8_t)(start >> 8 * i);
		sector[446 + 12 + i] = (uint8_t)(size >> 8 * i);
	}
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

static int read_first_sector(void *context, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	memset(bytes, 0, size_bytes);
	if (at_bytes == 0)
		memcpy(bytes, context, size_bytes < 512 ? size_bytes : 512);
	return 0;
}

static int check_length(uint8_t sector[512], uint64_t size_bytes, struct fault *fault)
{
	struct table_source disk = { read_first_sector, sector, (size_bytes + 511) / 512 * 512 };

	return truncated_check(&disk, size_bytes, "disk", fault);
}

static void a_copy_that_ended_early(void **state)
{
	uint8_t sector[512];
	struct fault fault = { 0 };

	(void)state;
	put_partition(sector, 0x83, 2048, 1000);
	assert_int_equal(check_length(sector, 3048 * 512, &fault), 0);
	assert_int_equal(check_length(sector, 3048 * 512 - 1, &fault), -1);
	assert_int_equal(fault.reason, REASON_IMAGE_TRUNCATED);
	assert_non_null(strstr(fault.message, ": 1 byte is missing"));
	assert_int_equal(check_length(sector, 512, &fault), -1);
	put_partition(sector, 0x83, UINT32_MAX, UINT32_MAX);
	assert_int_equal(check_length(sector, UINT64_C(1) << 40, &fault), -1);
	assert_non_null(strstr(fault.message, "(3298534882304 bytes) is missing"));
	/* The size in an entry that protects a GPT may be anything. */
	put_partition(sector, 0xee, 1, UINT32_MAX);
	assert_int_equal(check_length(sector, 4096, &fault), 0);
	memset(sector, 0, sizeof(sector));
	assert_int_equal(check_length(sector, 512, &fault), 0);
	/* QEMU completes a sector with zeroes. */
	assert_int_equal(check_length(sector, 1023, &fault), -1);
	assert_string_equal(fault.message, "disk ends within a sector: 1 byte is missing");
}

static void names_of_images(void **state)
{
	static const struct {
		const char *path;
		enum reason reason;
	} cases[] = {
		{ "", REASON_USAGE },
		{ "none", REASON_IMAGE_NOT_FOUND },
		{ "none/", REASON_IMAGE_NOT_FOUND },
		{ "none/disk", REASON_IMAGE_NOT_FOUND },
		{ "disk", REASON_NONE },
		{ "./link", REASON_NONE },
		{ "disk/", REASON_IMAGE_NOT_FOUND },
		{ "dangling", REASON_IMAGE_NOT_FOUND },
		{ "loop", REASON_IMAGE_NOT_FOUND },
		{ "moved", REASON_NONE }, /* only moved.grow-disk.image is there */
		{ "moved.grow-disk.image", REASON_COMMIT_BEGUN },
		{ "nbd://localhost/disk", REASON_IMAGE_NOT_A_FILE },
		{ "nbd+unix:///disk?socket=s", REASON_IMAGE_NOT_A_FILE },
		{ "rbd:pool/disk", REASON_IMAGE_NOT_A_FILE },
		{ "rbd:disk", REASON_IMAGE_NOT_A_FILE },
		{ "rbd:here", REASON_NONE }, /* a file of that name */
		{ "://none", REASON_IMAGE_NOT_FOUND },
		{ "disk.grow-disk.log", REASON_IMAGE_NOT_A_FILE },
		{ "disk.grow-disk.new", REASON_IMAGE_NOT_A_FILE },
		{ "disk.grow-disk.verified", REASON_IMAGE_NOT_A_FILE },
		{ "disk.grow-disk.committing", REASON_IMAGE_NOT_A_FILE },
		{ "disk.grow-disk.committed", REASON_IMAGE_NOT_A_FILE },
		{ "disk.grow-disk.failed", REASON_IMAGE_NOT_A_FILE },
	};
	char folder[] = "/tmp/grow-disk-unit.XXXXXX", real[PATH_MAX];
	struct image image;
	struct fault fault;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_non_null(realpath(".", real));
	assert_int_equal(close(creat("disk", 0600)), 0);
	assert_int_equal(close(creat("moved.grow-disk.image", 0600)), 0);
	assert_int_equal(close(creat("rbd:here", 0600)), 0);
	assert_int_equal(symlink("disk", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int result = image_find(cases[i].path, false, &image, &fault);

		if ((result == 0 ? REASON_NONE : fault.reason) != cases[i].reason)
			fail_msg("%s: %s", cases[i].path,
				 result == 0 ? "found" : reason_word(fault.reason));
	}
	assert_int_equal(image_find("link", false, &image, &fault), 0);
	assert_string_equal(image.name, "disk");
	assert_string_equal(image.folder, real);
	assert_false(image.guarded);
	assert_true(image_is(&image, "link"));
	assert_int_equal(image_find("moved", false, &image, &fault), 0);
	assert_true(image.guarded);
	assert_string_equal(image_at(&image) + strlen(real), "/moved.grow-disk.image");
	assert_int_equal(image_find("/", false, &image, &fault), 0);
	assert_int_equal(image_check_kind(&image, &fault), -1);
	assert_int_equal(fault.reason, REASON_IMAGE_NOT_A_FILE);
	unlink("disk"), unlink("link"), unlink("dangling"), unlink("loop");
	unlink("moved.grow-disk.image"), unlink("rbd:here");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(marks_of_other_formats),	cmocka_unit_test(short_files_are_raw),
	cmocka_unit_test(a_raw_disk_has_whole_sectors), cmocka_unit_test(what_can_be_both_is_asked),
	cmocka_unit_test(a_copy_that_ended_early),	cmocka_unit_test(names_of_images),
};
UNIT_MAIN(tests)
