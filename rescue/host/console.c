/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 16384

void console_open(struct console *console, const char *program, bool quiet, bool verbose)
{
	const char *terminal = getenv("TERM");

	*console = (struct console){
		.program = program,
		.quiet = quiet,
		.verbose = verbose,
		.redraws = !quiet && !verbose && isatty(STDERR_FILENO) && terminal &&
			   strcmp(terminal, "dumb") != 0,
	};
}

static void say(const struct console *console, const char *format, va_list args)
{
	char text[LINE_BYTES], safe[LINE_BYTES];

	vsnprintf(text, sizeof(text), format, args);
	text_make_safe(safe, sizeof(safe), text, strlen(text));
	console_clear(console);
	fprintf(stderr, "%s: %s\n", console->program, safe);
}

void console_say(const struct console *console, const char *format, ...)
{
	va_list args;

	if (console->quiet)
		return;
	va_start(args, format);
	say(console, format, args);
	va_end(args);
}

void console_detail(const struct console *console, const char *format, ...)
{
	va_list args;

	if (!console->verbose)
		return;
	va_start(args, format);
	say(console, format, args);
	va_end(args);
}

void console_command(const struct console *console, const char *const *argv)
{
	char line[LINE_BYTES];
	size_t used = 0;

	if (!console->verbose)
		return;
	line[0] = '\0';
	for (size_t i = 0; argv[i] && used < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %s", argv[i]);
	console_detail(console, "+%s", line);
}

void console_stage(const struct console *console, const char *stage, int percent)
{
	char text[16] = "";

	if (console->quiet)
		return;
	if (!console->redraws) {
		if (percent < 0)
			fprintf(stderr, "%s\n", stage);
		return;
	}
	if (percent >= 0)
		snprintf(text, sizeof(text), " %d %%", percent);
	fprintf(stderr, "%s%s\033[K\r", stage, text);
}

void console_clear(const struct console *console)
{
	if (console->redraws)
		fputs("\033[K", stderr);
}

/* A line of standard input, cut if it is too long; what comes behind it stays there. *ret_whole: it
 * has an end. */
static int read_line(char *line, size_t line_bytes, struct interrupt *interrupt, bool *ret_whole,
		     struct fault *fault)
{
	size_t used = 0;
	char byte = '\0';

	*ret_whole = false;
	while (byte != '\n') {
		ssize_t got;

		if (interrupt_await_input(interrupt, STDIN_FILENO, fault) < 0)
			return -1;
		got = read(STDIN_FILENO, &byte, 1);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			break;
		if (byte != '\n' && used + 1 < line_bytes)
			line[used++] = byte;
	}
	*ret_whole = byte == '\n';
	line[used] = '\0';
	return 0;
}

int console_confirm(const char *question, struct interrupt *interrupt, bool *ret_yes,
		    struct fault *fault)
{
	char answer[16] = "";
	bool whole;
	int result;

	fprintf(stderr, "%s [y/N] ", question);
	result = read_line(answer, sizeof(answer), interrupt, &whole, fault);
	if (!whole)
		fputc('\n', stderr);
	*ret_yes = result == 0 && (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);
	return result;
}

/* Without the full stop that some sentences end with. */
static int length_of(const char *text)
{
	size_t length = strlen(text);

	return (int)(length > 0 && text[length - 1] == '.' ? length - 1 : length);
}

void console_fault(const struct console *console, const struct fault *fault)
{
	char message[sizeof(fault->message) * 3], hint[sizeof(fault->hint) * 3];

	text_make_safe(message, sizeof(message), fault->message, strlen(fault->message));
	text_make_safe(hint, sizeof(hint), fault->hint, strlen(fault->hint));
	console_clear(console);
	fprintf(stderr, "%s: %.*s.%s%.*s%s [%s]\n", console->program, length_of(message), message,
		hint[0] ? " " : "", length_of(hint), hint, hint[0] ? "." : "",
		reason_word(fault->reason));
}
