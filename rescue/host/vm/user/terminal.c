/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "terminal.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* The signals of a program that has a fault. Those that only ask it to end, SIGQUIT
 * among them, are handled by host/signals.c. */
static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

/* Of the modes of a terminal that a guest may have set: lines wrap, the cursor shows, and text has
 * no colour. Source: console_codes(4). */
#define USUAL_MODES "\033[?7h\033[?25h\033[0m"

#define FATAL (sizeof(fatal) / sizeof(fatal[0]))

static int raw_fd = -1; /* a handler can only reach a global */
static struct termios raw_saved;

static void put_back(int number)
{
	if (raw_fd >= 0)
		(void)tcsetattr(raw_fd, TCSANOW, &raw_saved);
	raise(number); /* by the default now */
}

/* A description of our own can be non-blocking without a change for others. */
static int open_again(void)
{
	const char *name = ttyname(STDIN_FILENO);

	return name ? open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
}

/* After su or sudo the terminal belongs to another user, who alone may open it; inherited
 * descriptors still work. They stay blocking: the caller's shell shares them. */
static int use_inherited(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (flags >= 0 && (flags & O_ACCMODE) == O_RDWR && isatty(STDIN_FILENO) &&
		    isatty(fd))
			return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	}
	return -1;
}

int terminal_open(struct terminal *terminal, struct fault *fault)
{
	*terminal = (struct terminal){ .fd = open_again() };
	if (terminal->fd < 0)
		terminal->fd = use_inherited();
	if (terminal->fd < 0 || tcgetattr(terminal->fd, &terminal->saved) < 0) {
		close_fdp(&terminal->fd);
		fault_set(fault, REASON_USAGE, "a shell needs a terminal on standard input");
		return fault_hint(fault, "without one, name a command");
	}
	return 0;
}

void terminal_close(struct terminal *terminal)
{
	terminal_leave(terminal);
	close_fdp(&terminal->fd);
}

void terminal_enter(struct terminal *terminal)
{
	struct sigaction action = { .sa_handler = put_back, .sa_flags = SA_RESETHAND | SA_NODEFER };
	struct termios raw = terminal->saved;

	if (terminal->fd < 0 || terminal->raw)
		return;
	raw_saved = terminal->saved;
	raw_fd = terminal->fd;
	for (size_t i = 0; i < FATAL; i++)
		sigaction(fatal[i], &action, NULL);
	cfmakeraw(&raw);
	(void)tcsetattr(terminal->fd, TCSADRAIN, &raw);
	terminal->raw = true;
}

static void set_usual_modes(int fd)
{
	const char *term = getenv("TERM");

	if (term && strcmp(term, "dumb") != 0)
		(void)!write(fd, USUAL_MODES, strlen(USUAL_MODES));
}

void terminal_leave(struct terminal *terminal)
{
	if (!terminal->raw)
		return;
	set_usual_modes(terminal->fd);
	(void)tcsetattr(terminal->fd, TCSADRAIN, &terminal->saved);
	terminal->raw = false;
	raw_fd = -1;
}

void terminal_size(const struct terminal *terminal, unsigned *ret_rows, unsigned *ret_columns)
{
	struct winsize size = { 0 };

	if (terminal->fd >= 0)
		(void)ioctl(terminal->fd, TIOCGWINSZ, &size);
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
}

bool terminal_is_escape(struct terminal *terminal, const char *keys, size_t count, int64_t now_ms)
{
	int64_t *escaped_ms = terminal->escaped_ms;

	for (size_t i = 0; i < count; i++) {
		if (keys[i] != TERMINAL_ESCAPE) {
			memset(escaped_ms, 0, sizeof(terminal->escaped_ms));
			continue;
		}
		memmove(escaped_ms + 1, escaped_ms, sizeof(int64_t) * (TERMINAL_ESCAPES - 1));
		escaped_ms[0] = now_ms;
		if (escaped_ms[TERMINAL_ESCAPES - 1] > 0 &&
		    now_ms - escaped_ms[TERMINAL_ESCAPES - 1] <= TERMINAL_ESCAPES_MS)
			return true;
	}
	return false;
}
