/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/user/terminal.c: the keys that break a shell off, and
 * which terminal is taken. */
#include "host/vm/user/terminal.h"
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

#define KEY "\x1d"

static bool typed(struct terminal *terminal, const char *keys, int64_t now_ms)
{
	return terminal_is_escape(terminal, keys, strlen(keys), now_ms);
}

static void three_within_a_second_are_the_escape(void **state)
{
	struct terminal at_once = { .fd = -1 }, one_by_one = { .fd = -1 };

	(void)state;
	assert_true(typed(&at_once, KEY KEY KEY, 5000));
	assert_false(typed(&one_by_one, KEY, 5000));
	assert_false(typed(&one_by_one, KEY, 5500));
	assert_true(typed(&one_by_one, KEY, 6000));
}

static void slower_ones_are_not(void **state)
{
	struct terminal terminal = { .fd = -1 };

	(void)state;
	assert_false(typed(&terminal, KEY, 5000));
	assert_false(typed(&terminal, KEY, 5500));
	assert_false(typed(&terminal, KEY, 6001));
	assert_true(typed(&terminal, KEY, 6100)); /* with the two before */
}

static void another_key_between_begins_anew(void **state)
{
	struct terminal terminal = { .fd = -1 };

	(void)state;
	assert_false(typed(&terminal, KEY KEY "x" KEY KEY, 5000));
	assert_false(typed(&terminal, "y", 5001));
	assert_false(typed(&terminal, KEY KEY, 5002));
	assert_true(typed(&terminal, "z" KEY KEY KEY "z", 5003));
}

/* A terminal on standard input that cannot be opened again. The status: what went wrong. */
static int take_inherited(int slave_fd)
{
	struct terminal terminal;
	struct fault fault;

	if (fchmod(slave_fd, 0) < 0)
		return 1;
	if (dup2(slave_fd, STDIN_FILENO) < 0 || (geteuid() == 0 && seteuid(NOBODY) < 0))
		return 2;
	if (open(ttyname(STDIN_FILENO), O_RDWR | O_NOCTTY) >= 0)
		return 3; /* it is no test */
	if (terminal_open(&terminal, &fault) < 0)
		return 4;
	terminal_enter(&terminal);
	if (!terminal.raw || write(terminal.fd, "x", 1) != 1)
		return 5;
	if (fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK)
		return 6; /* the shell that called would find it so */
	terminal_close(&terminal);
	return 0;
}

static void a_terminal_of_another_user_is_taken_as_inherited(void **state)
{
	int master_fd = posix_openpt(O_RDWR | O_NOCTTY), slave_fd, status;
	pid_t child;

	(void)state;
	assert_true(master_fd >= 0);
	assert_int_equal(grantpt(master_fd), 0);
	assert_int_equal(unlockpt(master_fd), 0);
	slave_fd = open(ptsname(master_fd), O_RDWR | O_NOCTTY);
	assert_true(slave_fd >= 0);
	child = fork();
	if (child == 0)
		_exit(take_inherited(slave_fd));
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(slave_fd);
	close(master_fd);
}

static void what_is_no_terminal_is_refused(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct terminal terminal;
		struct fault fault = { 0 };
		int fd = open("/dev/null", O_RDWR);

		if (dup2(fd, STDIN_FILENO) < 0)
			_exit(1);
		_exit(terminal_open(&terminal, &fault) < 0 && fault.reason == REASON_USAGE ? 0 : 2);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(three_within_a_second_are_the_escape),
	cmocka_unit_test(slower_ones_are_not),
	cmocka_unit_test(another_key_between_begins_anew),
	cmocka_unit_test(a_terminal_of_another_user_is_taken_as_inherited),
	cmocka_unit_test(what_is_no_terminal_is_refused),
};
UNIT_MAIN(tests)
