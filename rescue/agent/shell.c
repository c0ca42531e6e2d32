#include "shell.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define CONSOLE	    "/dev/ttyS0"
#define ALIVE_MS    500
#define EXEC_FAILED 127

/* A session of its own with the console as its terminal: Ctrl-C reaches the
 * program in front, and jobs can be stopped. */
static _Noreturn void become_shell(void)
{
	static char *const argv[] = { (char *)"-sh", NULL };
	static char *const environment[] = { (char *)"HOME=/root", (char *)"TERM=linux",
					     (char *)"PATH=/sbin:/bin", (char *)"PS1=rescue:\\w# ",
					     NULL };
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

int shell_run(struct report *report, struct fault *fault)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return fault_set_errno(fault, REASON_NO_MEMORY, errno, "no process for a shell");
	if (child == 0)
		become_shell();
	while (waitpid(child, &status, WNOHANG) == 0) {
		report_alive(report);
		poll(NULL, 0, ALIVE_MS);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXEC_FAILED)
		return fault_set(fault, REASON_INTERNAL, "no shell can be started on " CONSOLE);
	return 0;
}
