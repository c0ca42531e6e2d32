/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that nobody asked for (the serial console, QEMU's standard error):
 * its last line is kept for a fault's message, and a bounded copy for a file. */
#ifndef VM_QEMU_TAIL_H
#define VM_QEMU_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#define TAIL_LINE_BYTES	    200
#define TAIL_COPY_MAX_BYTES (1024 * 1024)

/* Zero-initialise, then set copy_fd. */
struct tail {
	char line[TAIL_LINE_BYTES]; /* the last line that is not empty, cut */
	size_t line_bytes;
	bool line_ended;
	int copy_fd; /* borrowed; -1: no copy */
	size_t copied_bytes;
};

void tail_feed(struct tail *tail, const char *data, size_t size_bytes);

/* The last line, safe to show (base/text.h); empty when there is none. */
void tail_last_line(const struct tail *tail, char *out, size_t out_bytes);

/* Return true if the last line holds this word. */
bool tail_mentions(const struct tail *tail, const char *word);

#endif
