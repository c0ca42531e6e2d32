/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "program.h"

#include "base/cleanup.h"
#include "confine/sandbox.h"
#include "host/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define MEMORY_BYTES (UINT64_C(4) << 30) /* an absurd image gets a complaint, not our memory */
#define HARD_EXTRA   5
#define EXEC_FAILED  127
#define HIGHEST_FD   256

static bool is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

int program_find(const char *name, char ret_path[PATH_MAX])
{
	char standard[256] = "/usr/bin:/bin";
	const char *rest = getenv("PATH");

	if (strchr(name, '/'))
		return is_program(name) && realpath(name, ret_path) ? 0 : -1;
	if (!rest) {
		(void)confstr(_CS_PATH, standard, sizeof(standard));
		rest = standard;
	}
	for (bool more = true; more; rest++) {
		size_t length = strcspn(rest, ":");
		char path[PATH_MAX];
		int used = snprintf(path, sizeof(path), "%.*s/%s", length ? (int)length : 1,
				    length ? rest : ".", name);

		if (used > 0 && used < PATH_MAX && is_program(path) && realpath(path, ret_path))
			return 0;
		rest += length;
		more = *rest == ':'; /* behind the last colon is the current folder */
	}
	return -1;
}

/* Between fork and exec. */
static void close_other_fds(const struct program *program, int rules_fd)
{
	for (int fd = STDERR_FILENO + 1; fd < HIGHEST_FD; fd++) {
		bool kept = fd == rules_fd;

		for (int i = 0; i < PROGRAM_FDS_MAX; i++)
			kept = kept || (program->fds[i] != 0 && program->fds[i] == fd);
		if (!kept)
			(void)close(fd);
	}
	for (int i = 0; i < PROGRAM_FDS_MAX; i++)
		if (program->fds[i] != 0)
			(void)fcntl(program->fds[i], F_SETFD, 0);
}

/* At the soft limit of processor time comes SIGXCPU, at the hard one SIGKILL. */
static void limit(int resource, uint64_t value)
{
	struct rlimit now, wanted = { (rlim_t)value, (rlim_t)value + HARD_EXTRA };

	if (getrlimit(resource, &now) < 0 || now.rlim_cur <= wanted.rlim_cur)
		return;
	if (wanted.rlim_max > now.rlim_max)
		wanted.rlim_max = now.rlim_max;
	(void)setrlimit(resource, &wanted);
}

static _Noreturn void become(const struct program *program, const char *path, const int streams[2],
			     int rules_fd, pid_t parent)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int null_fd = open("/dev/null", O_RDONLY);

	if (!program->finishes)
		signals_tie_to_parent(parent, SIGKILL);
	signals_reset();
	/* A signal to our whole process group is for us to judge. */
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGQUIT, &ignore, NULL);
	if (program->finishes)
		sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a write beyond the limit fails with EFBIG */
	(void)setenv("LC_ALL", "C", 1);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(streams[0], STDOUT_FILENO) < 0 ||
	    dup2(streams[1], STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	close_other_fds(program, rules_fd);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, MEMORY_BYTES);
	if (program->cpu_seconds > 0)
		limit(RLIMIT_CPU, program->cpu_seconds);
	if (sandbox_enter(rules_fd) == 0)
		execv(path, (char *const *)program->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", program->argv[0], strerror(errno));
	_exit(EXEC_FAILED);
}

static int open_pipes(int output[2], int errors[2])
{
	if (pipe2(output, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(errors, O_CLOEXEC) < 0)
		return -1;
	return fcntl(output[0], F_SETFL, O_NONBLOCK) < 0 ||
			       fcntl(errors[0], F_SETFL, O_NONBLOCK) < 0
		       ? -1
		       : 0;
}

int program_start(const struct programs *programs, const struct program *program,
		  struct program_process *ret_process, struct fault *fault)
{
	int output[2] = { -1, -1 }, errors[2] = { -1, -1 };
	cleanup_fd int rules_fd = -1;
	const char *name;
	char path[PATH_MAX];
	pid_t parent = getpid(), pid = -1;

	if (programs->show)
		programs->show(programs->context, program->argv);
	if (program_find(program->argv[0], path) < 0) {
		fault_set(fault, REASON_MISSING_PROGRAM, "The program %s is not installed",
			  program->argv[0]);
		return fault_hint(fault,
				  "On Debian: apt-get install qemu-utils qemu-system-common");
	}
	rules_fd = sandbox_open(path, program->grants, PROGRAM_GRANTS_MAX);
	if (open_pipes(output, errors) == 0)
		pid = fork();
	if (pid == 0)
		become(program, path, (int[]){ output[1], errors[1] }, rules_fd, parent);
	if (pid < 0) {
		fault_set_errno(fault, REASON_NO_MEMORY, errno, "%s cannot be started",
				program->argv[0]);
		fault_hint(fault, "Check the limits of this session (ulimit -u, ulimit -n) and the "
				  "free memory");
		close_fdp(&output[0]);
		close_fdp(&errors[0]);
	}
	close_fdp(&output[1]);
	close_fdp(&errors[1]);
	if (pid < 0)
		return -1;
	*ret_process = (struct program_process){
		.pid = pid,
		.output_fd = output[0],
		.errors_fd = errors[0],
	};
	name = strrchr(program->argv[0], '/');
	snprintf(ret_process->name, sizeof(ret_process->name), "%.31s",
		 name ? name + 1 : program->argv[0]);
	return 0;
}
