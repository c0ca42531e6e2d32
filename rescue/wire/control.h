/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host says while a shell or a command runs in the guest, one flat JSON
 * object a line: the window has another size, the standard input has ended, all
 * of the output has arrived. */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include "base/fault.h"

#include <stdint.h>

enum control_kind {
	CONTROL_WINDOW,	   /* rows, columns */
	CONTROL_INPUT_END, /* after so many bytes */
	CONTROL_RECEIVED   /* the host has all of what the command wrote */
};

struct control {
	enum control_kind kind;
	unsigned rows, columns;
	uint64_t bytes;
};

/* -1 with REASON_GUEST_PROTOCOL when it is none of these. */
int control_parse(const char *line, struct control *ret_control, struct fault *fault);

/* One line without its newline, to be freed; NULL when out of memory. */
char *control_format(const struct control *control);

#endif
