/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/log/ticket.c: names, times and owners of the file. */
#include "base/cleanup.h"
#include "host/log/ticket.h"
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static char folder[64];

static struct image image_in_folder(void)
{
	struct image image = { .fd = -1 };

	snprintf(image.path, sizeof(image.path), "%s/disk", folder);
	snprintf(image.folder, sizeof(image.folder), "%s", folder);
	strcpy(image.beside, image.path);
	image.name = image.beside + strlen(folder) + 1;
	return image;
}

static const char *beside(const char *suffix)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/disk%s", folder, suffix);
	return path;
}

static void make_file(const char *suffix)
{
	int fd = open(beside(suffix), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void the_name_is_the_state(void **state)
{
	struct image image = image_in_folder();
	struct ticket ticket = { 0 };
	struct stat status;

	(void)state;
	ticket_find(&image, &ticket);
	assert_int_equal(ticket.state, TICKET_NONE);
	assert_string_equal(ticket.path, "");
	make_file(".grow-disk.new"); /* was never complete */
	ticket_find(&image, &ticket);
	assert_int_equal(ticket.state, TICKET_NONE);
	for (int to = TICKET_VERIFIED; to <= TICKET_COMMITTED; to++) {
		struct ticket found;

		assert_int_equal(ticket_enter(&ticket, &image, (enum ticket_state)to), 0);
		ticket_find(&image, &found);
		assert_int_equal(found.state, to);
		assert_string_equal(found.path, ticket.path);
		assert_non_null(strstr(found.path, ticket_state_word(found.state)));
	}
	assert_int_equal(stat(beside(".grow-disk.new"), &status), -1);
	/* The furthest one counts, and a link that leads nowhere is one. */
	make_file(".grow-disk.verified");
	ticket_find(&image, &ticket);
	assert_int_equal(ticket.state, TICKET_COMMITTED);
	unlink(ticket.path);
	assert_int_equal(symlink("nowhere", beside(".grow-disk.committing")), 0);
	ticket_find(&image, &ticket);
	assert_int_equal(ticket.state, TICKET_COMMITTING);
	unlink(beside(".grow-disk.committing"));
	unlink(beside(".grow-disk.verified"));
}

static void times_of_files(void **state)
{
	char text[TICKET_TIME_CHARS + 1];
	struct ticket ticket = { .state = TICKET_COMMITTING };
	static const struct {
		int64_t second;
		bool stamped;
	} cases[] = { { 0, true },
		      { 86399, true },
		      { 86400, false },
		      { 315532800, true },
		      { 315532799, true },
		      { 315532800 - 2 * 86400, true },
		      { 315532799 - 2 * 86400, false },
		      { 315532800 + 9 * 86400, false },
		      { 1700000000, false } };

	(void)state;
	make_file(".grow-disk.committing");
	snprintf(ticket.path, sizeof(ticket.path), "%s", beside(".grow-disk.committing"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct timespec time = { cases[i].second, 12345678 };

		assert_int_equal(
			utimensat(AT_FDCWD, ticket.path, (struct timespec[]){ time, time }, 0), 0);
		assert_int_equal(ticket_is_stamped(&ticket), cases[i].stamped);
	}
	assert_int_equal(ticket_time(ticket.path, text), 0);
	assert_string_equal(text, "2023-11-14 22:13:20.012345678 +0000");
	assert_int_equal(ticket_stamp(ticket.path), 0);
	assert_true(ticket_is_stamped(&ticket));
	unlink(ticket.path);
	assert_int_equal(ticket_time(ticket.path, text), -1);
	assert_int_equal(ticket_stamp(ticket.path), -1);
	assert_false(ticket_is_stamped(&ticket));
}

/* In a folder for everybody the owner counts, which only root can try. */
static void tickets_of_others_are_distrusted(void **state)
{
	struct image image = image_in_folder();
	char path[128];

	(void)state;
	make_file("");
	make_file(".ticket");
	snprintf(path, sizeof(path), "%s", beside(".ticket"));
	assert_null(ticket_distrust(path, &image));
	assert_string_equal(ticket_distrust(folder, &image), "it is not a regular file");
	assert_int_equal(symlink("disk", beside(".link")), 0);
	assert_string_equal(ticket_distrust(beside(".link"), &image), "it is not a regular file");
	assert_int_equal(chmod(folder, 01777), 0);
	assert_null(ticket_distrust(path, &image));
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_string_equal(ticket_distrust(path, &image), "it belongs to another user");
	assert_int_equal(chown(image.path, 12345, 12345), 0);
	assert_null(ticket_distrust(path, &image)); /* it is the image's owner */
	assert_int_equal(chown(image.path, 12346, 12345), 0);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_null(ticket_distrust(path, &image));
}

/* Through the file: too long, and in place of a link. */
static void files_are_read_with_care(void **state)
{
	struct image image = image_in_folder();
	struct ticket ticket = { .state = TICKET_VERIFIED };
	struct ticket_facts facts = { .image_time = "now" }, again;
	cleanup_free char *text = NULL;
	struct fault fault;
	FILE *file;

	(void)state;
	for (int i = 0; i < 2; i++) {
		memset(facts.sector_sum[i], '1', CHECKSUM_CHARS);
		for (int half = 0; half < 2; half++)
			memset(facts.superblock_sum[i][half], '2', CHECKSUM_CHARS);
	}
	memset(facts.log_sum, '3', CHECKSUM_CHARS);
	text = ticket_format(&facts);
	snprintf(ticket.path, sizeof(ticket.path), "%s", beside(".grow-disk.verified"));
	file = fopen(ticket.path, "we");
	fprintf(file, "%s\n", text);
	fclose(file);
	if (ticket_read(&ticket, &image, &again, &fault) < 0)
		fail_msg("%s", fault.message);
	assert_string_equal(again.image_time, "now");
	file = fopen(ticket.path, "we");
	fprintf(file, "%s%*s", text, TICKET_MAX_BYTES, "x");
	fclose(file);
	assert_int_equal(ticket_read(&ticket, &image, &again, &fault), -1);
	assert_int_equal(fault.reason, REASON_LOG_FOREIGN);
	unlink(ticket.path);
	assert_int_equal(mkfifo(ticket.path, 0600), 0);
	assert_int_equal(ticket_read(&ticket, &image, &again, &fault), -1);
	assert_int_equal(fault.reason, REASON_LOG_FOREIGN);
	unlink(ticket.path);
	assert_int_equal(ticket_read(&ticket, &image, &again, &fault), -1);
	assert_int_equal(fault.reason, REASON_LOG_FOREIGN);
}

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/grow-disk-unit.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "", ".ticket", ".link", ".grow-disk.verified" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(beside(names[i]));
	return rmdir(folder);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static const struct CMUnitTest tests[] = {
	IN_FOLDER(the_name_is_the_state),
	IN_FOLDER(times_of_files),
	IN_FOLDER(tickets_of_others_are_distrusted),
	IN_FOLDER(files_are_read_with_care),
};
UNIT_MAIN(tests)
