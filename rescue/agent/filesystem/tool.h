/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a program that works on the disk: what it says, how far it is, how it ends. */
#ifndef FILESYSTEM_TOOL_H
#define FILESYSTEM_TOOL_H

#include "base/fault.h"
#include "fs.h"

#include <stdbool.h>
#include <stddef.h>

#define TOOL_OUTPUT_BYTES 2048

/* The end of what a program said, for the message of a fault. */
struct tool_output {
	char text[TOOL_OUTPUT_BYTES];
	size_t used_bytes;
};

/* What a program answers in machine form, whole. The caller frees text. */
struct tool_answer {
	char *text;
	size_t size_bytes;
	bool is_cut; /* there was more than is taken, or no memory for it */
};

/* One program, over all its runs for one purpose. */
struct tool {
	const struct fs_tools *tools;
	const char *const *environment; /* as in struct spawn */
	struct tool_answer *answer;	/* gets what comes over the extra channel; or NULL */
	/* The percentage so far, or -1, from bytes of the program's output, or of
	 * its extra channel if it has one for that. May be NULL. */
	int (*percent_of)(void *progress, const char *bytes, size_t size_bytes);
	void *progress; /* for percent_of */
	bool has_channel;
	bool no_stdin;	   /* as in struct spawn */
	const char *input; /* the same */
	/* Kill it when less is left for it: the kernel may not, but read the programs' pages
	 * again and again instead. 0: the kernel knows. */
	uint64_t memory_floor_bytes;
	struct tool_output output;
	int percent; /* told last */
	int signal;  /* that killed the last run; 0: none */
};

/* Run it. argv[0] is its name, and is replaced by its path. output is what this run
 * said. Faults: as for spawn_run, but fs-needs-memory tells how much there was; and
 * internal when the program caught a deadly signal and reported it. */
int tool_run(struct tool *tool, const char *argv[], int *ret_exit_status, struct fault *fault);

/* In bytes; nothing but much where the kernel does not tell. */
uint64_t tool_memory_available(void);

void tool_output_add(struct tool_output *output, const char *bytes, size_t size_bytes);

/* The signal that e2fsck caught before it gave up, or 0: its handler prints a line
 * "Signal (11) SIGSEGV ..." and exits with status 8 (e2fsck/sigcatcher.c). */
int tool_output_signal(const struct tool_output *output);

bool tool_output_has(const struct tool_output *output, const char *text);

/* Its last line that is not empty, or where one holds end_mark (may be NULL),
 * the one before that; safe to show, and from after the program's own
 * "resize2fs: " on. "" when it said nothing. Static storage. */
const char *tool_output_last_line(const struct tool_output *output, const char *program,
				  const char *end_mark);

#endif
