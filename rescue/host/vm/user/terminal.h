/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's terminal while a shell of the guest has it: raw, and put back
 * whatever happens. */
#ifndef VM_USER_TERMINAL_H
#define VM_USER_TERMINAL_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#define TERMINAL_ESCAPE	    0x1d /* Ctrl-] */
#define TERMINAL_ESCAPES    3
#define TERMINAL_ESCAPES_MS 1000

struct terminal {
	int fd; /* owned; non-blocking if it could be opened again; -1: none */
	struct termios saved;
	bool raw;
	int64_t escaped_ms[TERMINAL_ESCAPES]; /* when the last ones came; the newest first */
};

/* That of standard input. Fault: usage, if it is none. */
int terminal_open(struct terminal *terminal, struct fault *fault);
void terminal_close(struct terminal *terminal);

/* Every key to the guest, Ctrl-C too; and back. */
void terminal_enter(struct terminal *terminal);
void terminal_leave(struct terminal *terminal);

/* Its window; 0 and 0 if that is not known. */
void terminal_size(const struct terminal *terminal, unsigned *ret_rows, unsigned *ret_columns);

/* Return true if these keys complete the escape: Ctrl-] three times within a second. */
bool terminal_is_escape(struct terminal *terminal, const char *keys, size_t count, int64_t now_ms);

#endif
