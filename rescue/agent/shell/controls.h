/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host says while a shell or a command runs. */
#ifndef AGENT_CONTROLS_H
#define AGENT_CONTROLS_H

#include "base/io.h"
#include "wire/control.h"

struct controls {
	struct line_reader reader;
	void (*on_control)(void *context, const struct control *control);
	void *context;
};

/* Listen on the wire (borrowed). Fault: no-memory. */
int controls_open(struct controls *controls, int fd, struct fault *fault);
void controls_close(struct controls *controls);

/* Take what is there, after poll(2). A line that is no control is ignored: the
 * host is believed, but it may be newer. */
void controls_read(struct controls *controls);

#endif
