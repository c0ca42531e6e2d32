/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Make system calls of the host program fail, or report what a test wants.
 *
 * A test runs the program with LD_PRELOAD=build/tests-preload.so and rules in
 * GROW_TEST_PRELOAD, separated by commas. A path matches if it contains PART, or ends
 * with it if PART ends with "$".
 *
 *   statvfs:PART:FREE_BYTES[:FILE]  statvfs and fstatvfs report this room; with FILE
 *                                   only while there is such a file
 *   fsync:PART:ERRNO                fsync, fdatasync and syncfs fail
 *   fsync:PART:hang                 they wait until a signal comes, and fail with EINTR
 *   sync_file_range:PART:ERRNO      the same; or hang
 *   rename:PART:ERRNO               no rename to that name, by any call
 *   pread:PART:AT:ERRNO             pread and read fail from that offset on
 *   step:PART:kill:N                the Nth call of pwrite, fallocate, fsync and rename kills the
 *                                   program, and does nothing; with `term` for `kill`, SIGTERM
 *                                   comes before it
 *   access:PART:found               access finds such a file, and may use it
 *   setsockopt:socket:SECONDS       limits of the time to receive become so long
 *   execv:PART:MIB                  what follows --memory becomes this
 *
 * ERRNO is a name, as EIO. When a rule acts, the file that GROW_TEST_PRELOAD_MARK
 * names is made, so that a test can wait for it. Programs below /usr are left alone:
 * shells pass the library on, while the host program does not pass it to QEMU. A rule
 * that makes no sense ends the program with status 99. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ERRORS_END 134
#define CALLS	   " statvfs fsync sync_file_range rename pread step access setsockopt execv "
#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

struct rule {
	char call[24], part[128], action[32], more[128];
};

static bool is_host_program(void)
{
	char path[PATH_MAX] = "";

	return readlink("/proc/self/exe", path, sizeof(path) - 1) > 0 &&
	       strncmp(path, "/usr/", 5) != 0 && strncmp(path, "/bin/", 5) != 0;
}

static _Noreturn void refuse(const char *rules)
{
	fprintf(stderr, "tests-preload: a rule makes no sense: %s\n", rules);
	_exit(99);
}

static int error_number(const char *name)
{
	for (int number = 1; number < ERRORS_END; number++) {
		const char *known = strerrorname_np(number);

		if (known && strcmp(known, name) == 0)
			return number;
	}
	refuse(name);
}

static bool matches(const char *path, const char *part)
{
	size_t length = strlen(part), skip = strlen(path) - (length - 1);

	if (part[length - 1] != '$')
		return strstr(path, part) != NULL;
	return skip <= strlen(path) && strncmp(path + skip, part, length - 1) == 0;
}

static void make_mark(void)
{
	const char *mark = getenv("GROW_TEST_PRELOAD_MARK");
	int fd = mark ? open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd >= 0)
		close(fd);
}

static bool is_call(const char *word)
{
	char spaced[32];

	snprintf(spaced, sizeof(spaced), " %s ", word);
	return strstr(CALLS, spaced) != NULL;
}

/* Find the first rule for this call and path. */
static bool find(const char *call, const char *path, struct rule *ret_rule)
{
	const char *rules = getenv("GROW_TEST_PRELOAD");

	for (const char *at = rules; at && *at; at += strcspn(at, ","), at += *at == ',') {
		struct rule rule = { .more = "" };

		if (sscanf(at, "%23[^:,]:%127[^:,]:%31[^:,]:%127[^,]", rule.call, rule.part,
			   rule.action, rule.more) < 3 ||
		    !is_call(rule.call))
			refuse(rules);
		if (strcmp(rule.call, call) != 0 || !matches(path, rule.part) || !is_host_program())
			continue;
		*ret_rule = rule;
		return true;
	}
	return false;
}

/* What this program runs gets no such library. */
static void __attribute__((constructor)) begin(void)
{
	struct rule rule;

	(void)find("", "", &rule); /* are the rules right? */
	if (is_host_program())
		unsetenv("LD_PRELOAD");
}

static bool find_by_fd(const char *call, int fd, struct rule *ret_rule)
{
	char link[64], path[PATH_MAX] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return getenv("GROW_TEST_PRELOAD") && readlink(link, path, sizeof(path) - 1) > 0 &&
	       find(call, path, ret_rule);
}

/* Wait until somebody wants to end us. All signals are held back from before the mark
 * is made, so that none is missed that comes because of it. */
static void await_signal(void)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	sigset_t all, before, pending;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	make_mark();
	do {
		nanosleep(&pause, NULL);
		sigpending(&pending);
	} while (!sigismember(&pending, SIGINT) && !sigismember(&pending, SIGTERM) &&
		 !sigismember(&pending, SIGHUP));
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Always -1, with errno. */
static int fail(const char *error)
{
	bool hang = strcmp(error, "hang") == 0;

	if (hang)
		await_signal();
	make_mark();
	errno = hang ? EINTR : error_number(error);
	return -1;
}

static void report_room(const struct rule *rule, struct statvfs *status)
{
	if (rule->more[0] && access(rule->more, F_OK) != 0)
		return;
	make_mark();
	status->f_bavail = status->f_bfree = strtoull(rule->action, NULL, 10) / status->f_frsize;
}

int statvfs(const char *path, struct statvfs *status)
{
	int result = NEXT(statvfs)(path, status);
	char real_path[PATH_MAX];
	struct rule rule;

	if (result == 0 && realpath(path, real_path) && find("statvfs", real_path, &rule))
		report_room(&rule, status);
	return result;
}

int fstatvfs(int fd, struct statvfs *status)
{
	int result = NEXT(fstatvfs)(fd, status);
	struct rule rule;

	if (result == 0 && find_by_fd("statvfs", fd, &rule))
		report_room(&rule, status);
	return result;
}

/* One of the calls by which a program changes what is kept. */
static void count_step(bool acts, const struct rule *rule)
{
	static long count;

	if (!acts || ++count != atol(rule->more))
		return;
	make_mark();
	if (strcmp(rule->action, "term") == 0) {
		(void)kill(getpid(), SIGTERM);
		return;
	}
	(void)kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void step_by_fd(int fd)
{
	struct rule rule;

	count_step(find_by_fd("step", fd, &rule), &rule);
}

ssize_t pwrite(int fd, const void *buffer, size_t bytes, off_t at)
{
	step_by_fd(fd);
	return NEXT(pwrite)(fd, buffer, bytes, at);
}

int fallocate(int fd, int mode, off_t at, off_t bytes)
{
	step_by_fd(fd);
	return NEXT(fallocate)(fd, mode, at, bytes);
}

#define FLUSH(name)                                                                                \
	int name(int fd)                                                                           \
	{                                                                                          \
		struct rule rule;                                                                  \
                                                                                                   \
		step_by_fd(fd);                                                                    \
		return find_by_fd("fsync", fd, &rule) ? fail(rule.action) : NEXT(name)(fd);        \
	}

FLUSH(fsync)
FLUSH(fdatasync)
FLUSH(syncfs)

int sync_file_range(int fd, off64_t from, off64_t to, unsigned flags)
{
	struct rule rule;

	return find_by_fd("sync_file_range", fd, &rule)
		       ? fail(rule.action)
		       : NEXT(sync_file_range)(fd, from, to, flags);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	struct rule rule;

	count_step(find("step", to, &rule), &rule);
	return find("rename", to, &rule) ? fail(rule.action)
					 : NEXT(renameat2)(from_fd, from, to_fd, to, flags);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* Does a rule say that a read of these bytes fails? */
static bool read_fails(int fd, off_t at, size_t bytes, struct rule *ret_rule)
{
	return find_by_fd("pread", fd, ret_rule) &&
	       at + (off_t)bytes > (off_t)strtoll(ret_rule->action, NULL, 10);
}

int access(const char *path, int mode)
{
	struct rule rule;

	if (!find("access", path, &rule))
		return NEXT(access)(path, mode);
	make_mark();
	return 0;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t bytes)
{
	struct timeval limit = { 0 };
	struct rule rule;

	if (level != SOL_SOCKET || option != SO_RCVTIMEO || !find_by_fd("setsockopt", fd, &rule))
		return NEXT(setsockopt)(fd, level, option, value, bytes);
	make_mark();
	limit.tv_sec = atol(rule.action);
	return NEXT(setsockopt)(fd, level, option, &limit, sizeof(limit));
}

int execv(const char *path, char *const arguments[])
{
	char *changed[32] = { NULL };
	struct rule rule;

	if (!find("execv", path, &rule))
		return NEXT(execv)(path, arguments);
	make_mark();
	for (int i = 0; i < 31 && arguments[i]; i++)
		changed[i] = i > 0 && strcmp(arguments[i - 1], "--memory") == 0 ? rule.action
										: arguments[i];
	return NEXT(execv)(path, changed);
}

ssize_t pread(int fd, void *buffer, size_t bytes, off_t at)
{
	struct rule rule;

	return read_fails(fd, at, bytes, &rule) ? fail(rule.more)
						: NEXT(pread)(fd, buffer, bytes, at);
}

ssize_t read(int fd, void *buffer, size_t bytes)
{
	struct rule rule;

	return read_fails(fd, lseek(fd, 0, SEEK_CUR), bytes, &rule) ? fail(rule.more)
								    : NEXT(read)(fd, buffer, bytes);
}
