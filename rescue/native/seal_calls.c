/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal.h"

#include "host/confine/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the seal does not know this processor"
#endif

/* All that a sealed process may do: move bytes over descriptors that it has, get memory, read the
 * clock, handle its own signals, and exit. Each thread of libc begins with rseq and
 * set_robust_list, and the agent's second one may not have run yet. With tgkill, mprotect and mmap
 * below, a tool may make 28 system calls; with wait4, the agent 29. */
static const unsigned allowed[] = {
	SYS_read,
	SYS_write,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_close,
#ifdef SYS_poll
	SYS_poll,
#else
	SYS_ppoll,
#endif
	SYS_brk,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_futex,
	SYS_clock_gettime,
	SYS_getrandom,
	SYS_sysinfo,
	SYS_uname,
	SYS_getpid,
	SYS_gettid,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_rseq,
	SYS_set_robust_list,
	SYS_exit,
	SYS_exit_group,
};

#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

/* Memory that can be executed is never given; nor is a file mapped. */
#define ALLOW_DATA(nr)                                                                             \
	FILTER_UNLESS(nr, 4), FILTER_LOAD(FILTER_ARGUMENT(2)), FILTER_UNLESS_HAS(PROT_EXEC, 1),    \
		FILTER_DENY(EPERM), FILTER_ALLOW
#define ALLOW_ANONYMOUS(nr)                                                                        \
	FILTER_UNLESS(nr, 6), FILTER_LOAD(FILTER_ARGUMENT(2)), FILTER_UNLESS_HAS(PROT_EXEC, 1),    \
		FILTER_DENY(EPERM), FILTER_LOAD(FILTER_ARGUMENT(3)),                               \
		FILTER_UNLESS_HAS(MAP_ANONYMOUS, 1), FILTER_ALLOW
/* abort(3) and raise(3) signal the process itself. */
#define ALLOW_OF(nr, pid)                                                                          \
	FILTER_UNLESS(nr, 3), FILTER_LOAD(FILTER_ARGUMENT(0)), FILTER_UNLESS(pid, 1), FILTER_ALLOW
#define ALLOW_CALL(nr) FILTER_UNLESS(nr, 1), FILTER_ALLOW

/* More than 0 is a thread that could not follow. */
static int install(const struct sock_fprog *program)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program) ==
			       0
		       ? 0
		       : -1;
}

int seal_calls(bool waits_for_children)
{
	const struct sock_filter head[] = {
		FILTER_LOAD(offsetof(struct seccomp_data, arch)),
		FILTER_UNLESS(ARCHITECTURE, 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		KILL,
		FILTER_LOAD(FILTER_NUMBER),
	};
	const struct sock_filter special[] = {
		ALLOW_OF(SYS_tgkill, (unsigned)getpid()),
		FILTER_LOAD(FILTER_NUMBER),
		ALLOW_DATA(SYS_mprotect),
		ALLOW_ANONYMOUS(SYS_mmap),
		FILTER_DENY(EPERM),
	};
	const struct sock_filter wait[] = { ALLOW_CALL(SYS_wait4) };
	struct sock_filter filter[FILTER_COUNT(head) + FILTER_COUNT(wait) +
				  2 * FILTER_COUNT(allowed) + FILTER_COUNT(special)];
	struct sock_fprog program = { .filter = filter };

	for (size_t i = 0; i < FILTER_COUNT(head); i++)
		filter[program.len++] = head[i];
	for (size_t i = 0; waits_for_children && i < FILTER_COUNT(wait); i++)
		filter[program.len++] = wait[i];
	for (size_t i = 0; i < FILTER_COUNT(allowed); i++) {
		filter[program.len++] = (struct sock_filter)FILTER_UNLESS(allowed[i], 1);
		filter[program.len++] = (struct sock_filter)FILTER_ALLOW;
	}
	for (size_t i = 0; i < FILTER_COUNT(special); i++)
		filter[program.len++] = special[i];
	return install(&program);
}

/* Calls that would do harm, with arguments that do none: each has to be refused, and by the
 * filter, which says EPERM before the kernel looks at an argument. */
const char *seal_test_calls(void)
{
	static const struct {
		const char *name;
		long number, arguments[4];
	} forbidden[] = {
		{ "openat", SYS_openat, { AT_FDCWD, 0, O_RDONLY, 0 } },
		{ "socket", SYS_socket, { -1, -1, -1, 0 } },
		{ "connect", SYS_connect, { -1, 0, 0, 0 } },
		{ "execve", SYS_execve, { 0, 0, 0, 0 } },
		{ "clone", SYS_clone, { CLONE_THREAD, 0, 0, 0 } },
		{ "kill", SYS_kill, { 1, -1, 0, 0 } },
		{ "ptrace", SYS_ptrace, { -1, 0, 0, 0 } },
		{ "ioctl", SYS_ioctl, { -1, 0, 0, 0 } },
		{ "mmap", SYS_mmap, { 0, 0, PROT_EXEC, MAP_ANONYMOUS } },
		{ "mprotect", SYS_mprotect, { 1, 0, PROT_EXEC, 0 } },
		{ "prctl", SYS_prctl, { -1, 0, 0, 0 } },
		{ "unlinkat", SYS_unlinkat, { -1, 0, -1, 0 } },
		{ "io_uring_setup", SYS_io_uring_setup, { 0, 0, 0, 0 } },
	};

	for (size_t i = 0; i < FILTER_COUNT(forbidden); i++) {
		const long *argument = forbidden[i].arguments;

		errno = 0;
		if (syscall(forbidden[i].number, argument[0], argument[1], argument[2],
			    argument[3]) >= 0 ||
		    errno != EPERM)
			return forbidden[i].name;
	}
	return NULL;
}
