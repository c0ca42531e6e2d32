/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
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

/* What a process that is sealed may ask for: to move bytes over descriptors that it has, for
 * memory, the clock, its own signals, and its end. rseq and set_robust_list are what a thread of
 * libc begins with: the agent's second one may not have run yet. With what is below, 30 at
 * most. */
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

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The low half of an argument. */
#define ARGUMENT(n)                                                                                \
	(offsetof(struct seccomp_data, args[n]) +                                                  \
	 (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? sizeof(__u32) : 0))

#define LOAD(offset)		    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define SKIP_UNLESS(value, skip)    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define SKIP_UNLESS_HAS(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, skip)
#define DENY			    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define KILL			    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW			    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Memory that can be executed is never given; nor is a file mapped. */
#define ALLOW_DATA(nr)                                                                             \
	SKIP_UNLESS(nr, 4), LOAD(ARGUMENT(2)), SKIP_UNLESS_HAS(PROT_EXEC, 1), DENY, ALLOW
#define ALLOW_ANONYMOUS(nr)                                                                        \
	SKIP_UNLESS(nr, 6), LOAD(ARGUMENT(2)), SKIP_UNLESS_HAS(PROT_EXEC, 1), DENY,                \
		LOAD(ARGUMENT(3)), SKIP_UNLESS_HAS(MAP_ANONYMOUS, 1), ALLOW
/* abort(3) and raise(3) signal the process itself. */
#define ALLOW_OF(nr, pid) SKIP_UNLESS(nr, 3), LOAD(ARGUMENT(0)), SKIP_UNLESS(pid, 1), ALLOW
#define ALLOW_CALL(nr)	  SKIP_UNLESS(nr, 1), ALLOW

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
		LOAD(offsetof(struct seccomp_data, arch)),
		SKIP_UNLESS(ARCHITECTURE, 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		KILL,
		LOAD(offsetof(struct seccomp_data, nr)),
	};
	const struct sock_filter special[] = {
		ALLOW_OF(SYS_tgkill, (unsigned)getpid()),
		LOAD(offsetof(struct seccomp_data, nr)),
		ALLOW_DATA(SYS_mprotect),
		ALLOW_ANONYMOUS(SYS_mmap),
		DENY,
	};
	const struct sock_filter wait[] = { ALLOW_CALL(SYS_wait4) };
	struct sock_filter filter[COUNT(head) + COUNT(wait) + 2 * COUNT(allowed) + COUNT(special)];
	struct sock_fprog program = { .filter = filter };

	for (size_t i = 0; i < COUNT(head); i++)
		filter[program.len++] = head[i];
	for (size_t i = 0; waits_for_children && i < COUNT(wait); i++)
		filter[program.len++] = wait[i];
	for (size_t i = 0; i < COUNT(allowed); i++) {
		filter[program.len++] = (struct sock_filter)SKIP_UNLESS(allowed[i], 1);
		filter[program.len++] = (struct sock_filter)ALLOW;
	}
	for (size_t i = 0; i < COUNT(special); i++)
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

	for (size_t i = 0; i < COUNT(forbidden); i++) {
		const long *argument = forbidden[i].arguments;

		errno = 0;
		if (syscall(forbidden[i].number, argument[0], argument[1], argument[2],
			    argument[3]) >= 0 ||
		    errno != EPERM)
			return forbidden[i].name;
	}
	return NULL;
}
