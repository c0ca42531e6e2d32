/* What ext_check and ext_grow share: where the programs are, and who is told
 * how far they are. */
#ifndef FILESYSTEM_TOOL_H
#define FILESYSTEM_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#define TOOL_OUTPUT_BYTES 2048

struct fs_tools {
	const char *sbin;    /* folder of e2fsck and resize2fs */
	const char *run_dir; /* folder for e2fsck's problem log */
	/* Called about once a second while a program runs, and when its
	 * percentage has changed. percent is -1 where nothing is known. */
	void (*on_progress)(void *context, int percent);
	void *context;
};

/* The end of what a program said, for the message of a fault. */
struct tool_output {
	char text[TOOL_OUTPUT_BYTES];
	size_t used_bytes;
};

void tool_output_add(struct tool_output *output, const char *bytes, size_t size_bytes);

bool tool_output_has(const struct tool_output *output, const char *text);

/* Its last line that is not empty, or where one holds end_mark (may be NULL),
 * the one before that; safe to show, and from behind the program's own
 * "resize2fs: " on. "" when it said nothing. Static storage. */
const char *tool_output_last_line(const struct tool_output *output, const char *program,
				  const char *end_mark);

#endif
