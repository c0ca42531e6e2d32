/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "syscalls.h"

#ifdef __linux__

#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Newer than some headers; from 424 on, all processors have the same numbers. */
#define FCHMODAT2     452
#define SETXATTRAT    463
#define REMOVEXATTRAT 466
#define FILE_SETATTR  469

/* io_uring would do what this filter forbids, unseen. What openat2 is asked for
 * lies in memory, where a filter cannot look. */
static const unsigned never[] = {
	SYS_io_uring_setup, SYS_openat2,   SYS_truncate,    SYS_setxattr,
	SYS_lsetxattr,	    SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr,
	SYS_fremovexattr,   SETXATTRAT,	   REMOVEXATTRAT,   FILE_SETATTR,
};

/* What writing to a folder of the host takes. */
static const unsigned changes[] = {
	SYS_fchmod, SYS_fchmodat, FCHMODAT2,  SYS_fchown, SYS_fchownat, SYS_utimensat,
#ifdef SYS_chmod /* processors of an older age */
	SYS_chmod,  SYS_chown,	  SYS_lchown, SYS_utime,  SYS_utimes,	SYS_futimesat,
#endif
};

/* A call that opens, with its flags in that argument: before Landlock's third
 * version a file that may be read may also be cut. */
#define DENY_CUT(nr, n)                                                                            \
	FILTER_UNLESS(nr, 4), FILTER_LOAD(FILTER_ARGUMENT(n)), FILTER_UNLESS_HAS(O_TRUNC, 1),      \
		FILTER_DENY(EACCES), FILTER_ALLOW

/* The kind of a socket stands in the low bits of its second argument. */
#define SOCKET_KIND 0xf

static const struct sock_filter tcp_alone[] = {
	FILTER_UNLESS(SYS_socket, 7),
	FILTER_LOAD(FILTER_ARGUMENT(0)),
	FILTER_UNLESS(AF_INET, 4),
	FILTER_LOAD(FILTER_ARGUMENT(1)),
	FILTER_MASK(SOCKET_KIND),
	FILTER_UNLESS(SOCK_STREAM, 1),
	FILTER_ALLOW,
	FILTER_DENY(EACCES),
};

static const struct sock_filter no_socket[] = {
	FILTER_UNLESS(SYS_socket, 1),
	FILTER_DENY(EACCES),
};

static void add(struct sock_fprog *program, const struct sock_filter *statements, size_t count)
{
	for (size_t i = 0; i < count; i++)
		program->filter[program->len++] = statements[i];
}

static void deny(struct sock_fprog *program, const unsigned *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		program->filter[program->len++] = (struct sock_filter)FILTER_UNLESS(calls[i], 1);
		program->filter[program->len++] = (struct sock_filter)FILTER_DENY(EACCES);
	}
}

int syscalls_restrict(unsigned may)
{
	static const struct sock_filter opens[] = {
		DENY_CUT(SYS_openat, 2),
#ifdef SYS_open
		DENY_CUT(SYS_open, 1),
#endif
	};
	struct sock_filter filter[2 + FILTER_COUNT(tcp_alone) +
				  2 * (FILTER_COUNT(never) + FILTER_COUNT(changes)) +
				  FILTER_COUNT(opens)];
	struct sock_fprog program = { .filter = filter };

	filter[program.len++] = (struct sock_filter)FILTER_LOAD(FILTER_NUMBER);
	deny(&program, never, FILTER_COUNT(never));
	if (may & SYSCALLS_MAY_LISTEN)
		add(&program, tcp_alone, FILTER_COUNT(tcp_alone));
	else
		add(&program, no_socket, FILTER_COUNT(no_socket));
	if (!(may & SYSCALLS_MAY_CHANGE)) {
		deny(&program, changes, FILTER_COUNT(changes));
		add(&program, opens, FILTER_COUNT(opens));
	}
	filter[program.len++] = (struct sock_filter)FILTER_ALLOW;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

#else

int syscalls_restrict(unsigned may)
{
	(void)may;
	return 0;
}

#endif
