/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run another program to its end, watching what it says. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include "fault.h"

#include <stdbool.h>
#include <stddef.h>

#define SPAWN_CHANNEL_FD 3 /* where the child finds its extra channel */

struct spawn {
	const char *const *argv;	/* argv[0] is the path; NULL-terminated */
	const char *const *environment; /* "NAME=value"; NULL: ours */
	/* Start the child without a standard input, so that the first file it
	 * opens gets descriptor 0 (see filesystem/ext_grow.c for why). */
	bool no_stdin;
	/* All that its standard input holds, at most a few hundred bytes: the answers to what
	 * it asks. NULL: it has ours. No tool of a sealed process asks. */
	const char *input;
	/* Called with the bytes that came within a tenth of a second, from
	 * standard output and error, from SPAWN_CHANNEL_FD, and about every
	 * tick_ms. Each may be NULL. */
	void (*on_output)(void *context, const char *bytes, size_t size_bytes);
	void (*on_channel)(void *context, const char *bytes, size_t size_bytes);
	void (*on_tick)(void *context);
	int tick_ms;
	/* Asked with each tick: is it to be killed? The end is then that of a child for which
	 * memory ran out. May be NULL. */
	bool (*is_too_much)(void *context);
	void *context;
	int *ret_signal; /* set to the signal that killed the child, else to 0; may be NULL */
};

/* 0 when the child has ended by itself: ret_exit_status is set. -1 when it
 * could not be started, or was killed by a signal (SIGKILL, which is what the
 * kernel sends when memory runs out, gives REASON_FS_NEEDS_MEMORY). Also collects
 * orphans, which are ours when this process is PID 1. */
int spawn_run(const struct spawn *spawn, int *ret_exit_status, struct fault *fault);

/* Fault internal: the program of that name was killed by that signal. */
int spawn_explain_signal(const char *name, int signal_number, struct fault *fault);

#endif
