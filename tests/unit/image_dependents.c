/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/image/dependents.c: neighbours that rely on the image, by each way to name it.
 * The headers are made here; tests/host/grow-locks.t has those of qemu-img. */
#include "base/cleanup.h"
#include "host/image/dependents.h"
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define NEIGHBOUR_BYTES 4096

static char folder[64];
static struct image image;

static void put(uint8_t *head, size_t at, size_t length, uint64_t value)
{
	for (size_t i = 0; i < length; i++)
		head[at + i] = (uint8_t)(value >> 8 * (length - 1 - i));
}

static void write_neighbour(const void *bytes, size_t length)
{
	cleanup_fd int fd = open("neighbour", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, bytes, length), length);
}

static enum reason check(struct fault *fault)
{
	int pipe_fds[2];
	struct interrupt interrupt;
	int result;

	assert_int_equal(pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC), 0);
	interrupt = (struct interrupt){ .signals_fd = pipe_fds[0] };
	result = dependents_check(&image, &interrupt, fault);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return result == 0 ? REASON_NONE : fault->reason;
}

static void begin_qcow2(uint8_t head[NEIGHBOUR_BYTES], unsigned version)
{
	memset(head, 0, NEIGHBOUR_BYTES);
	memcpy(head, "QFI\xfb", 4);
	put(head, 4, 4, version);
	put(head, 20, 4, 12);
	put(head, 100, 4, version == 3 ? 104 : 0);
}

static enum reason check_overlay_on(const char *name, size_t length, unsigned version)
{
	uint8_t head[NEIGHBOUR_BYTES];
	struct fault fault;

	begin_qcow2(head, version);
	put(head, 8, 8, 512);
	put(head, 16, 4, length);
	memcpy(head + 512, name, length);
	write_neighbour(head, sizeof(head));
	return check(&fault);
}

static enum reason check_data_file(const char *name, size_t length, unsigned version)
{
	size_t at = version == 3 ? 104 : 72;
	uint8_t head[NEIGHBOUR_BYTES];
	struct fault fault;

	begin_qcow2(head, version);
	put(head, at, 4, 0x6803f857); /* the names of features come first */
	put(head, at + 4, 4, 5);
	put(head, at + 16, 4, 0x44415441);
	put(head, at + 20, 4, length);
	memcpy(head + at + 24, name, length);
	write_neighbour(head, sizeof(head));
	return check(&fault);
}

struct name {
	const char *name;
	bool is_ours;
};

/* %s is the folder. */
static const struct name names[] = {
	{ "disk", true },
	{ "./disk", true },
	{ ".//disk", true },
	{ "../%s/disk", true },
	{ "/tmp/%s/disk", true },
	{ "file:disk", true },
	{ "file:/tmp/%s/disk", true },
	{ "link", true },
	{ "hard link", true },
	{ "json:{\"file.filename\":\"disk\"}", true },
	{ "json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"disk\"}}",
	  true },
	{ "json:{\"driver\":\"raw\",\"file\":{\"filename\":\"\\/tmp\\/%s\\/d\\u0069sk\"}}", true },
	{ "json:{\"driver\":\"quorum\",\"children\":[{\"file\":{\"filename\":\"disk\"}}]}", true },
	{ "json:{\"backing\":{\"file\":{\"filename\":\"./disk\"}},\"file\":\"other\"}", true },
	{ "", false },
	{ "disk2", false },
	{ "dis", false },
	{ "disk/", false },
	{ "none/disk", false },
	{ "other", false },
	{ "nbd:unix:disk", false },
	{ "nbd://localhost/disk", false },
	{ "json:{\"driver\":\"qcow2\",\"file\":{\"filename\":\"other\"}}", false },
	{ "json:{\"file\":{\"filename\":\"my-disk-2\"}}", false },
	{ "json:{\"disk\":1}", false },
	{ "json:disk", false },
	{ "json:", false },
	{ "file:", false },
};

static const char *last_part(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void each_way_to_name_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[256] = "";
		const char *mark = strstr(names[i].name, "%s");
		enum reason wanted = names[i].is_ours ? REASON_IMAGE_HAS_DEPENDENTS : REASON_NONE;

		snprintf(name, sizeof(name), "%.*s%s%s",
			 mark ? (int)(mark - names[i].name) : (int)strlen(names[i].name),
			 names[i].name, mark ? last_part(folder) : "", mark ? mark + 2 : "");
		for (unsigned version = 2; version <= 3; version++)
			if (check_overlay_on(name, strlen(name), version) != wanted ||
			    check_data_file(name, strlen(name), version) != wanted)
				fail_msg("%s, version %u", name, version);
	}
}

static void names_are_bounded(void **state)
{
	char name[NEIGHBOUR_BYTES];

	(void)state;
	memset(name, '/', sizeof(name));
	memcpy(name, "disk\0", 5);
	assert_int_equal(check_overlay_on(name, 5, 3), REASON_NONE);
	/* "./././disk" of the longest name that there may be, and one byte more. */
	for (size_t length = 1022; length <= 1024; length++) {
		size_t at = 0;

		while (at + 2 + 4 <= length)
			memcpy(name + at, "./", 2), at += 2;
		memcpy(name + at, length - at == 4 ? "disk" : "/disk", length - at);
		assert_int_equal(check_overlay_on(name, length, 3),
				 length <= 1023 ? REASON_IMAGE_HAS_DEPENDENTS : REASON_NONE);
	}
}

/* Offsets and lengths that lead out of the file. */
static void absurd_headers_name_nothing(void **state)
{
	static const uint64_t offsets[] = {
		0, 1, NEIGHBOUR_BYTES - 1, NEIGHBOUR_BYTES, UINT32_MAX, UINT64_MAX - 3, UINT64_MAX
	};
	static const uint32_t lengths[] = { 1, 4, 1023, 1024, NEIGHBOUR_BYTES, UINT32_MAX };
	uint8_t head[NEIGHBOUR_BYTES];
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
			begin_qcow2(head, 3);
			put(head, 8, 8, offsets[i]);
			put(head, 16, 4, lengths[j]);
			put(head, 100, 4, (uint32_t)offsets[i]); /* where extensions begin */
			put(head, 104, 4, 0x44415441);
			put(head, 108, 4, lengths[j]);
			write_neighbour(head, sizeof(head));
			assert_int_equal(check(&fault), REASON_NONE);
		}
	}
	begin_qcow2(head, 3);
	for (size_t length = 0; length < 200; length++) {
		write_neighbour(head, length);
		assert_int_equal(check(&fault), REASON_NONE);
	}
}

static void extents_of_vmdk(void **state)
{
	static const struct name lines[] = {
		{ "RW 131072 FLAT \"disk\" 0\n", true },
		{ "RW 131072 FLAT \"disk\" 0\r\n", true },
		{ "RDONLY 131072 FLAT \"disk\" 0", true },
		{ "RW 1 FLAT \"other\" 0\nRW 131072 FLAT \"./disk\" 0\n", true },
		{ "RW 131072 FLAT \"other\" 0\n", false },
		{ "RW 131072 FLAT \"disk\n\" 0\n", false },
		{ "RW 131072 FLAT disk 0\n", false },
		{ "# RW 131072 FLAT \"disk\" 0\n", false },
		{ "ddb.comment = \"disk\"\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[512];
		struct fault fault;
		enum reason reason;

		snprintf(text, sizeof(text),
			 "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
			 "createType=\"monolithicFlat\"\n\n# Extent description\n%s",
			 lines[i].name);
		write_neighbour(text, strlen(text));
		reason = check(&fault);
		if ((reason == REASON_IMAGE_HAS_DEPENDENTS) != lines[i].is_ours)
			fail_msg("%s: %s", lines[i].name, reason_word(reason));
		if (lines[i].is_ours)
			assert_non_null(strstr(fault.hint, "VMDK"));
	}
}

/* The sentence names the neighbour, and differs by what it is. */
static void the_sentence_fits(void **state)
{
	uint8_t head[NEIGHBOUR_BYTES];
	struct fault fault;

	(void)state;
	assert_int_equal(check_data_file("disk", 4, 3), REASON_IMAGE_HAS_DEPENDENTS);
	assert_int_equal(check(&fault), REASON_IMAGE_HAS_DEPENDENTS);
	assert_non_null(strstr(fault.message, "part of another disk"));
	assert_non_null(strstr(fault.message, ": neighbour"));
	assert_int_equal(check_overlay_on("disk", 4, 3), REASON_IMAGE_HAS_DEPENDENTS);
	assert_int_equal(check(&fault), REASON_IMAGE_HAS_DEPENDENTS);
	assert_non_null(strstr(fault.message, "would damage its overlays"));
	/* The log of a run is an overlay as well, and not meant. */
	assert_int_equal(rename("neighbour", "disk.grow-disk.log"), 0);
	assert_int_equal(check(&fault), REASON_NONE);
	assert_int_equal(unlink("disk.grow-disk.log"), 0);
	begin_qcow2(head, 3);
	write_neighbour(head, sizeof(head));
	assert_int_equal(check(&fault), REASON_NONE);
}

static int make_folder(void **state)
{
	struct fault fault;

	(void)state;
	strcpy(folder, "/tmp/grow-disk-unit.XXXXXX");
	if (!mkdtemp(folder) || chdir(folder) < 0 || close(creat("disk", 0600)) < 0 ||
	    close(creat("other", 0600)) < 0 || symlink("disk", "link") < 0 ||
	    link("disk", "hard link") < 0)
		return -1;
	return image_find("disk", false, &image, &fault);
}

static int remove_folder(void **state)
{
	(void)state;
	unlink("disk"), unlink("other"), unlink("link"), unlink("hard link"), unlink("neighbour");
	return chdir("/") < 0 || rmdir(folder) < 0;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static const struct CMUnitTest tests[] = {
	IN_FOLDER(each_way_to_name_it),		IN_FOLDER(names_are_bounded),
	IN_FOLDER(absurd_headers_name_nothing), IN_FOLDER(extents_of_vmdk),
	IN_FOLDER(the_sentence_fits),
};
UNIT_MAIN(tests)
