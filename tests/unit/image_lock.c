/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/image/lock.c and holder.c: who keeps whom out. The other party is a second
 * descriptor, a child, or a program of QEMU. */
#include "base/cleanup.h"
#include "host/image/holder.h"
#include "host/image/lock.h"
#include "host/signals.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define FILE_BYTES (1 << 20)

static char path[64];

static struct image find(bool only_read)
{
	struct image image;
	struct fault fault;

	assert_int_equal(image_find(path, only_read, &image, &fault), 0);
	return image;
}

static enum reason take(struct image *image, unsigned wait_seconds, struct fault *fault)
{
	struct interrupt interrupt = { 0 };

	assert_int_equal(signals_open(&interrupt.signals_fd, fault), 0);
	return lock_take(image, wait_seconds, &interrupt, NULL, NULL, fault) == 0 ? REASON_NONE
										  : fault->reason;
}

/* Whether one may have it as well. */
static bool is_free(bool only_read)
{
	struct image image = find(only_read);
	struct fault fault;
	enum reason reason = take(&image, 0, &fault);

	assert_true(reason == REASON_NONE || reason == REASON_IMAGE_LOCKED);
	assert_int_equal(image.fd >= 0, reason == REASON_NONE);
	image_close(&image);
	return reason == REASON_NONE;
}

static void two_runs_in_one_process(void **state)
{
	struct image image = find(false);
	struct fault fault;

	(void)state;
	assert_int_equal(take(&image, 0, &fault), REASON_NONE);
	assert_false(is_free(false));
	assert_false(is_free(true));
	image_close(&image);
	assert_true(is_free(false));
	image = find(true);
	assert_int_equal(take(&image, 0, &fault), REASON_NONE);
	assert_true(is_free(true));
	assert_false(is_free(false));
	image_close(&image);
	assert_true(is_free(false));
}

/* The child has it until its pipe ends; returns when it has it. */
static pid_t hold_in_child(void (*hold)(int fd), int *ret_fd)
{
	int ready[2], end[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	child = fork();
	if (child == 0) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		close(end[1]);
		hold(fd);
		if (write(ready[1], "", 1) != 1 || read(end[0], &byte, 1) != 0)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	close(end[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*ret_fd = end[1];
	return child;
}

static void let_go(pid_t child, int fd)
{
	int status;

	close(fd);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void hold_flock(int fd)
{
	(void)flock(fd, LOCK_EX);
}

static void hold_nothing(int fd)
{
	(void)fd;
}

static void a_child_has_a_flock(void **state)
{
	struct image image = find(false);
	struct fault fault;
	char process[32];
	int fd;
	pid_t child = hold_in_child(hold_flock, &fd);

	(void)state;
	assert_int_equal(take(&image, 0, &fault), REASON_IMAGE_LOCKED);
	snprintf(process, sizeof(process), ", process %d)", (int)child);
	assert_non_null(strstr(fault.message, process));
	let_go(child, fd);
	assert_true(is_free(false));
	/* Having it open is no lock. */
	child = hold_in_child(hold_nothing, &fd);
	assert_true(is_free(false));
	let_go(child, fd);
}

#ifdef F_OFD_SETLK

static void lock_byte(int fd, off_t at)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
}

/* Bytes of QEMU: 100 + n has a permission, 200 + n grants it to nobody else; n = 0 reads,
 * 1 writes, 2 writes what is there, 3 resizes. */
static void each_byte_of_qemu(void **state)
{
	static const struct {
		off_t at;
		bool writer_may, reader_may;
	} cases[] = {
		{ 99, true, true },   { 100, false, true },  { 101, false, false },
		{ 102, false, true }, { 103, false, false }, { 104, true, true },
		{ 199, true, true },  { 200, false, false }, { 201, false, true },
		{ 202, true, true },  { 203, false, true },  { 204, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_fd int fd = open(path, O_RDWR | O_CLOEXEC);

		lock_byte(fd, cases[i].at);
		if (is_free(false) != cases[i].writer_may || is_free(true) != cases[i].reader_may)
			fail_msg("byte %d", (int)cases[i].at);
	}
	assert_true(is_free(false));
}

/* What is left locked while the image is held: by the kernel's own answer. */
static void what_is_locked(void **state)
{
	static const off_t of_writer[] = { 100, 101, 103, 200, 201, 202, 203 };
	static const off_t of_reader[] = { 100, 201, 203 };

	(void)state;
	for (int only_read = 0; only_read < 2; only_read++) {
		struct image image = find(only_read);
		cleanup_fd int fd = open(path, O_RDWR | O_CLOEXEC);
		struct fault fault;
		const off_t *wanted = only_read ? of_reader : of_writer;
		size_t count = only_read ? 3 : 7, next = 0;

		assert_int_equal(take(&image, 0, &fault), REASON_NONE);
		for (off_t at = 0; at < 300; at++) {
			struct flock lock = {
				.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1
			};
			bool is_wanted = next < count && wanted[next] == at;

			assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
			assert_int_equal(lock.l_type != F_UNLCK, is_wanted);
			next += is_wanted;
		}
		image_close(&image);
	}
}

#endif

static int run_shell(const char *format, ...)
{
	char command[512];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void need_qemu(void)
{
	const char *must_run = getenv("MUST_RUN");

	if (run_shell("command -v qemu-io qemu-img >/dev/null 2>&1") == 0)
		return;
	if (must_run && strcmp(must_run, "1") == 0)
		fail_msg("MUST_RUN=1, but qemu-img and qemu-io are not here");
	print_message("qemu-img and qemu-io are not here\n");
	skip();
}

/* What QEMU says to the locks that we hold. */
static void qemu_keeps_out(void **state)
{
	struct image image = find(false);
	struct fault fault;

	(void)state;
	need_qemu();
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(run_shell("qemu-io -f raw -c 'read 0 512' %s >/dev/null 2>&1", path), 0);
	assert_int_equal(take(&image, 0, &fault), REASON_NONE);
	assert_int_not_equal(run_shell("qemu-io -f raw -c 'read 0 512' %s >/dev/null 2>&1", path),
			     0);
	assert_int_not_equal(
		run_shell("qemu-io -r -f raw -c 'read 0 512' %s >/dev/null 2>&1", path), 0);
	assert_int_not_equal(run_shell("qemu-img resize -q -f raw %s 2M 2>/dev/null", path), 0);
	image_close(&image);
	image = find(true);
	assert_int_equal(take(&image, 0, &fault), REASON_NONE);
	assert_int_equal(run_shell("qemu-io -r -f raw -c 'read 0 512' %s >/dev/null 2>&1", path),
			 0);
	assert_int_not_equal(run_shell("qemu-io -f raw -c 'write 0 512' %s >/dev/null 2>&1", path),
			     0);
	image_close(&image);
}

/* A program of QEMU that has the image open, and ours beside it. */
static bool is_free_beside_qemu(const char *mode, bool only_read)
{
	char *const argv[] = { "qemu-io", "-f", "raw", (char *)mode, path, NULL };
	int output[2], input[2];
	char byte;
	bool result;
	pid_t child;

	assert_int_equal(pipe(output), 0);
	assert_int_equal(pipe(input), 0);
	child = fork();
	if (child == 0) {
		dup2(input[0], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		close(input[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(output[1]);
	close(input[0]);
	assert_int_equal(write(input[1], "read 0 512\n", 11), 11);
	assert_int_equal(read(output[0], &byte, 1), 1); /* its prompt: the image is open */
	result = is_free(only_read);
	close(input[1]);
	while (read(output[0], &byte, 1) == 1)
		;
	close(output[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return result;
}

static void qemu_keeps_us_out(void **state)
{
	(void)state;
	need_qemu();
	assert_false(is_free_beside_qemu("--cache=writeback", false));
	assert_false(is_free_beside_qemu("--cache=writeback", true));
	assert_false(is_free_beside_qemu("--read-only", false));
	assert_true(is_free_beside_qemu("--read-only", true));
	assert_true(is_free(false));
}

static void note_wait(void *context, const struct fault *why)
{
	int *fd = context;

	assert_int_equal(why->reason, REASON_IMAGE_LOCKED);
	assert_true(*fd >= 0); /* once */
	close(*fd);
	*fd = -1;
}

static void it_waits_until_the_other_ends(void **state)
{
	struct image image = find(false);
	struct interrupt interrupt = { 0 };
	struct fault fault;
	int fd;
	pid_t child = hold_in_child(hold_flock, &fd);

	(void)state;
	assert_int_equal(signals_open(&interrupt.signals_fd, &fault), 0);
	assert_int_equal(lock_take(&image, 600, &interrupt, note_wait, &fd, &fault), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(waitpid(child, NULL, 0), child);
	image_close(&image);
}

static void a_signal_ends_the_wait(void **state)
{
	struct image image = find(false);
	struct interrupt interrupt = { 0 };
	struct fault fault;
	int fd;
	pid_t child = hold_in_child(hold_flock, &fd);

	(void)state;
	assert_int_equal(signals_open(&interrupt.signals_fd, &fault), 0);
	raise(SIGTERM);
	assert_int_equal(lock_take(&image, 600, &interrupt, NULL, NULL, &fault), -1);
	assert_int_equal(fault.reason, REASON_INTERRUPTED);
	let_go(child, fd);
}

static void where_a_loop_device_is_mounted(void **state)
{
	static const char lines[] =
		"21 27 0:19 / /sys rw,nosuid - sysfs sysfs rw\n"
		"22 27 7:10 / /mnt/ten rw - ext4 /dev/loop10 rw\n"
		"a line that is none\n"
		"23 27 7:1 / /mnt/a\\040b rw,relatime shared:1 - ext4 /dev/loop1 rw\n"
		"24 27 259:0 /sub /mnt/part rw - ext4 /dev/loop2p1 rw\n"
		"25 27 7:3 / /mnt/\x1b[2J rw - ext4 /dev/loop3 rw\n"
		"26 27 0:5 / /mnt/name rw - tmpfs tmpfs rw,x=/dev/loop4\n";
	static const struct {
		const char *device, *where;
	} cases[] = {
		{ "/dev/loop10", "/mnt/ten" }, { "/dev/loop1", "/mnt/a\\040b" },
		{ "/dev/loop2", "/mnt/part" }, { "/dev/loop3", "/mnt/\xef\xbf\xbd[2J" },
		{ "/dev/loop4", NULL },	       { "/dev/loop", NULL },
		{ "/dev/loop0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_file FILE *file = fmemopen((char *)lines, sizeof(lines) - 1, "r");
		char where[64] = "";

		assert_int_equal(holder_find_mount(file, cases[i].device, where, sizeof(where)),
				 cases[i].where != NULL);
		if (cases[i].where)
			assert_string_equal(where, cases[i].where);
	}
}

static int make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/grow-disk-unit.XXXXXX");
	fd = mkstemp(path);
	return fd < 0 || ftruncate(fd, FILE_BYTES) < 0 || close(fd) < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)

static const struct CMUnitTest tests[] = {
	WITH_FILE(two_runs_in_one_process),
	WITH_FILE(a_child_has_a_flock),
#ifdef F_OFD_SETLK
	WITH_FILE(each_byte_of_qemu),
	WITH_FILE(what_is_locked),
#endif
	WITH_FILE(qemu_keeps_out),
	WITH_FILE(qemu_keeps_us_out),
	WITH_FILE(it_waits_until_the_other_ends),
	WITH_FILE(a_signal_ends_the_wait),
	cmocka_unit_test(where_a_loop_device_is_mounted),
};
UNIT_MAIN(tests)
