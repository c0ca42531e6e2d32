/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell.h"

#include "base/cleanup.h"
#include "base/spawn.h"
#include "controls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifdef __aarch64__
#define CONSOLE "/dev/ttyAMA0"
#else
#define CONSOLE "/dev/ttyS0"
#endif
#define ALIVE_MS    100
#define EXEC_FAILED 127

int shell_exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

int shell_install_applets(struct fault *fault)
{
	static const char *const argv[] = { "/bin/busybox", "--install", "-s", "/bin", NULL };
	const struct spawn spawn = { .argv = argv, .tick_ms = 1000 };
	int exit_status;

	/* Those that are there already are told of, and stay. */
	return spawn_run(&spawn, &exit_status, fault);
}

/* A session of its own with the console as its terminal: Ctrl-C reaches the
 * program in front, and jobs can be stopped. */
static _Noreturn void become_shell(void)
{
	static char *const argv[] = { (char *)"-sh", NULL };
	static char *const environment[] = { (char *)"HOME=/root", (char *)"TERM=linux",
					     (char *)SHELL_PATH, (char *)"PS1=rescue:\\w# ", NULL };
	int fd;

	(void)setsid();
	fd = open(CONSOLE, O_RDWR);
	signal(SIGPIPE, SIG_DFL);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 1) < 0 || dup2(fd, STDIN_FILENO) < 0 ||
	    dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	if (fd > STDERR_FILENO)
		close(fd);
	(void)!chdir("/root");
	execve("/bin/sh", argv, environment);
	_exit(EXEC_FAILED);
}

static void set_window(int console_fd, unsigned rows, unsigned columns)
{
	const struct winsize size = { .ws_row = (unsigned short)rows,
				      .ws_col = (unsigned short)columns };

	if (rows > 0 && columns > 0)
		(void)ioctl(console_fd, TIOCSWINSZ, &size); /* also tells the program in front */
}

static void on_control(void *context, const struct control *control)
{
	if (control->kind == CONTROL_WINDOW)
		set_window(*(int *)context, control->rows, control->columns);
}

/* Until that child has ended; what else ends is an orphan, and ours as PID 1. */
static int wait_for(pid_t shell, struct controls *controls, struct agent_report *report)
{
	for (;;) {
		struct pollfd wire = { .fd = controls->reader.fd, .events = POLLIN };
		int status;
		pid_t child;

		while ((child = waitpid(-1, &status, WNOHANG)) > 0)
			if (child == shell)
				return status;
		if (child < 0)
			return 0;
		agent_report_alive(report);
		if (poll(&wire, 1, ALIVE_MS) > 0 && wire.revents & POLLIN)
			controls_read(controls);
		else if (wire.revents)
			poll(NULL, 0, ALIVE_MS);
	}
}

static int run_on(int console_fd, struct controls *controls, struct agent_report *report,
		  int *ret_exit_status, struct fault *fault)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return fault_set_errno(fault, REASON_NO_MEMORY, errno, "no process for a shell");
	if (child == 0)
		become_shell();
	status = shell_exit_status(wait_for(child, controls, report));
	(void)tcdrain(console_fd); /* its last words are with the host */
	if (status == EXEC_FAILED)
		return fault_set(fault, REASON_INTERNAL, "no shell can be started on " CONSOLE);
	if (ret_exit_status)
		*ret_exit_status = status;
	return 0;
}

int shell_run(int wire_in, const struct request *request, struct agent_report *report,
	      int *ret_exit_status, struct fault *fault)
{
	cleanup_fd int console_fd = open(CONSOLE, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct controls controls = { .on_control = on_control, .context = &console_fd };
	const char *stage = report->stage;
	int result;

	if (console_fd < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, CONSOLE " is not there");
	if (shell_install_applets(fault) < 0 || controls_open(&controls, wire_in, fault) < 0)
		return -1;
	set_window(console_fd, request->rows, request->columns);
	agent_report_stage(report, "shell");
	result = run_on(console_fd, &controls, report, ret_exit_status, fault);
	agent_report_stage(report, stage);
	controls_close(&controls);
	return result;
}
