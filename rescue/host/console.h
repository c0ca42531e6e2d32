/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run says on standard error. Only the verbs use it; the rooms below them are
 * silent. Every text is made safe for a terminal (base/text.h). */
#ifndef HOST_CONSOLE_H
#define HOST_CONSOLE_H

#include "base/fault.h"
#include "interrupt.h"

#include <stdbool.h>

struct console {
	const char *program; /* "grow-disk": in front of each sentence */
	bool quiet, verbose;
	bool redraws; /* standard error is a terminal that can rewrite a line */
};

void console_open(struct console *console, const char *program, bool quiet, bool verbose);

/* A sentence, unless quiet; a detail, only if verbose. */
void console_say(const struct console *console, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void console_detail(const struct console *console, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A program that is started, as one line, only if verbose. */
void console_command(const struct console *console, const char *const *argv);

/* What goes on now: a line each, or on a terminal one line that is rewritten, and
 * cleared by console_clear. percent -1: unknown. */
void console_stage(const struct console *console, const char *stage, int percent);
void console_clear(const struct console *console);

/* Ask the user at the terminal: "Question [y/N] ". *ret_yes: the answer is y or yes. Fault:
 * interrupted. */
int console_confirm(const char *question, struct interrupt *interrupt, bool *ret_yes,
		    struct fault *fault);

/* "grow-disk: Sentence. Hint. [reason]", also when quiet. */
void console_fault(const struct console *console, const struct fault *fault);

#endif
