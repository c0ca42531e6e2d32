/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/confine/landlock.c and rescue/host/vm/confine/syscalls.c, each by itself: what a
 * child may still do that has entered them, by the kernel's own answer. */
#include "base/cleanup.h"
#include "host/confine/landlock.h"
#include "host/confine/syscalls.h"
#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static char folder[PATH_MAX - 32];

/* The rules of a test; -1 if it was skipped. */
static int open_rules(void)
{
	int rules_fd = landlock_open();
	const char *must_run = getenv("MUST_RUN");

	if (rules_fd >= 0)
		return rules_fd;
	if (must_run && strcmp(must_run, "1") == 0)
		fail_msg("MUST_RUN=1, but this kernel has no Landlock");
	skip();
	return -1;
}

/* In place of rules: the filter of system calls, and the one that lets TCP be served. */
#define FILTER	       (-1)
#define FILTER_LISTENS (-2)

static int enter(int rules_fd)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (rules_fd == FILTER_LISTENS)
		return syscalls_restrict(SYSCALLS_MAY_LISTEN);
	return rules_fd == FILTER ? syscalls_restrict(0) : landlock_enter(rules_fd);
}

/* The errno of an attempt that a child makes within the rules; 0: it succeeded. */
static int errno_within(int rules_fd, int (*attempt)(const char *), const char *argument)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (enter(rules_fd) < 0)
			_exit(255);
		_exit(attempt(argument) < 0 ? errno : 0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int read_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int write_file(const char *path)
{
	return open(path, O_WRONLY | O_CLOEXEC);
}

static int cut_file(const char *path)
{
	cleanup_fd int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -1 : ftruncate(fd, 1);
}

static int make_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static int list_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Nobody listens there: ECONNREFUSED means that it was allowed to ask. */
static int connect_tcp(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(1) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return -1;
	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}

static int signal_parent(const char *unused)
{
	(void)unused;
	return kill(getppid(), 0);
}

static const char *in_folder(const char *name)
{
	static char path[sizeof(folder) + 32];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void denies_everything(void **state)
{
	cleanup_fd int rules_fd = open_rules();

	(void)state;
	assert_int_equal(errno_within(rules_fd, read_file, in_folder("file")), EACCES);
	assert_int_equal(errno_within(rules_fd, write_file, in_folder("file")), EACCES);
	assert_int_equal(errno_within(rules_fd, make_file, in_folder("new")), EACCES);
	assert_int_equal(errno_within(rules_fd, list_folder, folder), EACCES);
	assert_int_equal(errno_within(rules_fd, read_file, "/dev/null"), EACCES);
}

static void allows_what_is_named(void **state)
{
	cleanup_fd int rules_fd = open_rules();

	(void)state;
	/* A link stands for the file; the file is then allowed by any name. */
	assert_int_equal(landlock_allow(rules_fd, in_folder("link"), MAY_READ), 0);
	assert_int_equal(errno_within(rules_fd, read_file, in_folder("link")), 0);
	assert_int_equal(errno_within(rules_fd, read_file, in_folder("file")), 0);
	assert_int_equal(errno_within(rules_fd, write_file, in_folder("file")), EACCES);
	assert_int_equal(errno_within(rules_fd, read_file, in_folder("other")), EACCES);
	assert_int_equal(landlock_allow(rules_fd, in_folder("other"), MAY_READ | MAY_WRITE), 0);
	assert_int_equal(errno_within(rules_fd, cut_file, in_folder("other")), 0);
	assert_int_equal(landlock_allow(rules_fd, folder, MAY_READ), 0);
	assert_int_equal(errno_within(rules_fd, list_folder, folder), 0);
	assert_int_equal(errno_within(rules_fd, write_file, in_folder("file")), EACCES);
	assert_int_equal(errno_within(rules_fd, make_file, in_folder("new")), EACCES);
}

static void refuses_what_is_not_there(void **state)
{
	cleanup_fd int rules_fd = open_rules();

	(void)state;
	assert_int_equal(landlock_allow(rules_fd, in_folder("nothing"), MAY_READ), -1);
	assert_int_equal(errno, ENOENT);
}

/* Newer rights: an older kernel lets them pass, and that is no fault. */
static void closes_the_way_out(void **state)
{
	cleanup_fd int rules_fd = open_rules();
	int tcp = errno_within(rules_fd, connect_tcp, "127.0.0.1");
	int parent = errno_within(rules_fd, signal_parent, "");

	(void)state;
	print_message("# TCP: %s; signals: %s\n", strerror(tcp), strerror(parent));
	assert_true(tcp == EACCES || tcp == ECONNREFUSED);
	assert_true(parent == EPERM || parent == 0);
	if (parent == EPERM) /* of ABI 6, so it has TCP too, which came with 4 */
		assert_int_equal(tcp, EACCES);
}

static int cut_by_path(const char *path)
{
	return truncate(path, 1);
}

static int cut_by_openat(const char *path)
{
	return openat(AT_FDCWD, path, O_RDONLY | O_TRUNC | O_CLOEXEC);
}

static int cut_by_open(const char *path)
{
#ifdef SYS_open
	return (int)syscall(SYS_open, path, O_RDONLY | O_TRUNC | O_CLOEXEC);
#else
	return cut_by_openat(path);
#endif
}

static int change_mode(const char *path)
{
	return chmod(path, 0600);
}

static int change_mode_of_fd(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fchmod(fd, 0600);
}

static int change_owner(const char *path)
{
	return lchown(path, getuid(), getgid());
}

static int change_times(const char *path)
{
	return utimensat(AT_FDCWD, path, NULL, 0);
}

static int remove_attribute(const char *path)
{
	return removexattr(path, "user.none");
}

static int make_unix_socket(const char *unused)
{
	(void)unused;
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int set_up_io_uring(const char *unused)
{
	char parameters[256] = { 0 };

	(void)unused;
	return (int)syscall(SYS_io_uring_setup, 1, parameters);
}

static void filter_denies_what_landlock_lets_pass(void **state)
{
	static int (*const attempts[])(const char *) = {
		cut_by_path,  cut_by_openat, cut_by_open,      change_mode,	 change_mode_of_fd,
		change_owner, change_times,  remove_attribute, make_unix_socket, set_up_io_uring,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (errno_within(FILTER, attempts[i], in_folder("file")) != EACCES)
			fail_msg("attempt %zu is not denied", i);
}

static void filter_lets_the_rest_pass(void **state)
{
	static int (*const attempts[])(const char *) = { read_file, write_file, cut_file };

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		assert_int_equal(errno_within(FILTER, attempts[i], in_folder("other")), 0);
	assert_int_equal(errno_within(FILTER, list_folder, folder), 0);
}

static int make_tcp_socket(const char *unused)
{
	(void)unused;
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int make_udp_socket(const char *unused)
{
	(void)unused;
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int make_raw_socket(const char *unused)
{
	(void)unused;
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
}

static int make_ipv6_socket(const char *unused)
{
	(void)unused;
	return socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void who_listens_has_tcp_alone(void **state)
{
	static int (*const attempts[])(const char *) = {
		make_udp_socket, make_raw_socket, make_ipv6_socket, make_unix_socket,
		cut_by_path,	 set_up_io_uring, change_mode,
	};

	(void)state;
	assert_int_equal(errno_within(FILTER, make_tcp_socket, ""), EACCES);
	assert_int_equal(errno_within(FILTER_LISTENS, make_tcp_socket, ""), 0);
	assert_int_equal(errno_within(FILTER_LISTENS, read_file, in_folder("file")), 0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (errno_within(FILTER_LISTENS, attempts[i], in_folder("file")) != EACCES)
			fail_msg("attempt %zu is not denied", i);
}

static int bind_port(const char *port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons((uint16_t)atoi(port)),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int on = 1;
	cleanup_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&at, sizeof(at));
}

/* Since Landlock's fourth version. */
static void only_the_port_that_is_named_may_be_had(void **state)
{
	cleanup_fd int rules_fd = open_rules();
	int without = errno_within(rules_fd, bind_port, "47391");

	(void)state;
	if (without == 0)
		return; /* this kernel has no such rule */
	assert_int_equal(without, EACCES);
	assert_int_equal(landlock_allow_port(rules_fd, 47391), 0);
	assert_int_not_equal(errno_within(rules_fd, bind_port, "47391"), EACCES);
	assert_int_equal(errno_within(rules_fd, bind_port, "47392"), EACCES);
	assert_int_not_equal(errno_within(rules_fd, connect_tcp, "127.0.0.1"), ECONNREFUSED);
}

static void touch(const char *path)
{
	cleanup_fd int fd = make_file(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
}

static int make_folder(void **state)
{
	const char *place = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/vm_confine.XXXXXX", place ? place : "/tmp");
	assert_non_null(mkdtemp(folder));
	touch(in_folder("file"));
	touch(in_folder("other"));
	return symlink("file", in_folder("link"));
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(in_folder("file"));
	unlink(in_folder("other"));
	unlink(in_folder("link"));
	return rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(denies_everything),
		cmocka_unit_test(allows_what_is_named),
		cmocka_unit_test(refuses_what_is_not_there),
		cmocka_unit_test(closes_the_way_out),
		cmocka_unit_test(filter_denies_what_landlock_lets_pass),
		cmocka_unit_test(filter_lets_the_rest_pass),
		cmocka_unit_test(who_listens_has_tcp_alone),
		cmocka_unit_test(only_the_port_that_is_named_may_be_had),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
